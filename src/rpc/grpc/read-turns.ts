import { afterPromises } from '../after-promises.js';

/** How much is read in one turn of the event loop from connections that bring much. */
const SHARES_PER_TURN = 1;

/** When so much has been read in one turn, connections that were not read yet wait for the next. */
const MAX_SHARES_PER_TURN = 1.5;

/** Connections that bring more than this are read in turns. */
export const LARGE_SHARE = 0.2;

/** Where those are among others of which it is not known how much they bring. */
const UNKNOWN_SHARE = 0.5;

/** A connection that is read. */
export interface Reader {
  /** How much it has brought in the last turn with requests; 1 is what one may bring in a turn. */
  readonly share: number;
  /** Stops reading; returns what resumes it, or undefined if that is not possible. */
  pause(): (() => void) | undefined;
}

/**
 * Lets the connections that bring many requests be read in turns. Twenty of them with a hundred
 * requests each would make a turn of the event loop last 150 ms, and a client with a single request
 * would wait for all of them. Connections that bring little are read in every turn.
 */
export class ReadTurns {
  readonly #readers = new Set<Reader>();
  readonly #paused = new Map<Reader, () => void>();
  /** Those of the paused that were read in this turn, and those that were not read. */
  #had: Reader[] = [];
  #unread: Reader[] = [];
  /** The others of the paused, by when they are due: all share what is read equally. */
  #waiting: { readonly reader: Reader; readonly due: number }[] = [];
  /** What each connection that always waits has had. */
  #round = 0;
  #read = new Set<Reader>();
  #shares = 0;
  #isScheduled = false;
  readonly #unopened: (() => void)[] = [];
  #isOpening = false;

  /**
   * Calls `open`, now or in a later turn: what a new connection has sent already is read when its
   * session is made.
   */
  whenReadable(open: () => void): void {
    this.#unopened.push(open);
    if (!this.#isOpening) this.#openNext();
  }

  readonly #openNext = (): void => {
    this.#isOpening = this.#unopened.length > 0;
    if (!this.#isOpening) return;
    if (this.#shares >= SHARES_PER_TURN) {
      setImmediate(this.#openNext);
      return;
    }
    // When the requests of the one that is opened now have been counted.
    afterPromises(this.#openNext);
    this.#unopened.shift()?.();
  };

  /** A connection was opened. */
  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  /** It was closed. */
  remove(reader: Reader): void {
    this.#readers.delete(reader);
    this.#paused.delete(reader);
  }

  /** A connection has brought so much more, which is part of its share. */
  count(reader: Reader, share: number): void {
    this.#schedule();
    this.#read.add(reader);
    if (reader.share >= LARGE_SHARE && this.#pause(reader)) this.#had.push(reader);
    const isMuch = this.#shares >= MAX_SHARES_PER_TURN;
    this.#shares += share;
    if (!isMuch && this.#shares >= MAX_SHARES_PER_TURN) this.#pauseUnread();
  }

  #pauseUnread(): void {
    this.#unread = [];
    for (const reader of this.#readers) {
      if (this.#read.has(reader) || this.#paused.has(reader)) continue;
      if (this.#pause(reader)) this.#unread.push(reader);
    }
  }

  /** Returns whether it is paused now and was not before. */
  #pause(reader: Reader): boolean {
    if (this.#paused.has(reader)) return false;
    const resume = reader.pause();
    if (resume === undefined) return false;
    this.#paused.set(reader, resume);
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isScheduled = false;
    this.#read = new Set();
    this.#shares = 0;
    // What is resumed first is read first.
    this.#unread.sort((one, other) => expectedShare(one) - expectedShare(other));
    for (const reader of this.#unread) this.#resume(reader);
    this.#unread = [];
    this.#resumeWaiting();
    if (this.#paused.size > 0) this.#schedule();
  };

  /** One that has brought half as much has its turn twice as often. */
  #resumeWaiting(): void {
    for (const reader of this.#had) {
      this.#waiting.push({ reader, due: this.#round + reader.share });
    }
    this.#had = [];
    this.#waiting.sort((one, other) => one.due - other.due);
    const { length } = this.#waiting;
    let shares = 0;
    let resumed = 0;
    for (const { reader } of this.#waiting) {
      if (resumed > 0 && shares + reader.share > SHARES_PER_TURN) break;
      shares += reader.share;
      this.#resume(reader);
      resumed += 1;
    }
    if (resumed > 0) this.#round += shares / length;
    this.#waiting.splice(0, resumed);
  }

  #resume(reader: Reader): void {
    this.#paused.get(reader)?.();
    this.#paused.delete(reader);
  }
}

function expectedShare({ share }: Reader): number {
  return share === 0 ? UNKNOWN_SHARE : share;
}
