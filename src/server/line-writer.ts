import { write, writeSync } from 'node:fs';

/** A write per line would cost more than most calls do. */
const WRITE_BYTES = 64 * 1024;
const WRITE_MS = 100;

/** Lines beyond this are lost, such as when the disk is full or the reader of a pipe has stopped. */
const MAX_HELD_CHARACTERS = 4 * 1024 * 1024;

/** How long to wait until a full pipe, or a full disk, is tried again. */
const RETRY_MS = 50;

/** How long close() waits for lines that cannot be written. */
const CLOSE_MS = 1000;

/** How often the exit of the process tries to write to a full pipe, 10 ms apart. */
const EXIT_ATTEMPTS = 20;

/** The disk may have space again later. */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const NEWLINE = 0x0a;

/** Those that have not been closed. */
const openWriters = new Set<LineWriter>();
process.once('exit', () => {
  for (const writer of openWriters) writer.writeAtExit();
});

/** Lines that are being written. */
interface Chunk {
  readonly bytes: Buffer;
  readonly characters: number;
  written: number;
}

/**
 * Writes lines to a file, a pipe or a terminal, in the background and many at a time. What cannot be
 * written never stops the process, keeps it from exiting or takes more than 4 MiB: lines are lost
 * then, and `lostLine` is asked for one that says how many, to be written when writing works again.
 */
export class LineWriter {
  readonly #descriptor: number;
  readonly #lostLine: (lost: number) => string;
  #lines: string[] = [];
  #heldCharacters = 0;
  #chunk: Chunk | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;
  #allLost = 0;
  /** Whether the last thing written was part of a line. */
  #midLine = false;
  /** Whether nothing can be written any more, as when the reader of a pipe is gone. */
  #ended = false;
  #onIdle: (() => void) | undefined;

  constructor(descriptor: number, lostLine: (lost: number) => string) {
    this.#descriptor = descriptor;
    this.#lostLine = lostLine;
    openWriters.add(this);
  }

  /** How many lines were lost since the start. */
  get lostLines(): number {
    return this.#allLost;
  }

  /** Adds a line, which ends with a newline. It is written within 100 ms if that is possible. */
  write(line: string): void {
    if (this.#ended) return;
    if (this.#heldCharacters + line.length > MAX_HELD_CHARACTERS) {
      this.#lost += 1;
      this.#allLost += 1;
      return;
    }
    this.#add(line);
    if (this.#heldCharacters >= WRITE_BYTES) this.#start();
    else this.#wait(WRITE_MS);
  }

  /** Whether so much waits to be written that a source of lines which can wait should do so. */
  get isBehind(): boolean {
    return this.#heldCharacters > MAX_HELD_CHARACTERS / 4;
  }

  /**
   * Resolves when all lines are written, or after a second if they cannot be. Lines that are added
   * afterwards are ignored.
   */
  async close(): Promise<void> {
    if (!this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#start();
      });
    }
    this.#end();
  }

  /** From here on nothing is written or held. */
  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#lines = [];
    this.#heldCharacters = 0;
    openWriters.delete(this);
    this.#onIdle?.();
  }

  /** Goes on after that time, unless it does so earlier. */
  #wait(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#start();
    }, ms).unref();
  }

  /** Writes everything that is held, unless a write is under way or has to wait. */
  #start(): void {
    if (this.#chunk !== undefined || this.#ended) return;
    this.#chunk = this.#take();
    if (this.#chunk === undefined) this.#onIdle?.();
    else this.#writeChunk(this.#chunk);
  }

  #take(): Chunk | undefined {
    if (this.#lost > 0) this.#add(this.#lostLine(this.#lost));
    this.#lost = 0;
    if (this.#lines.length === 0) return undefined;
    if (this.#midLine) this.#lines[0] = `\n${this.#lines[0] ?? ''}`;
    const chunk = {
      bytes: Buffer.from(this.#lines.join('')),
      characters: this.#heldCharacters,
      written: 0,
    };
    this.#lines = [];
    return chunk;
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#heldCharacters += line.length;
  }

  #writeChunk(chunk: Chunk): void {
    const { bytes, written } = chunk;
    write(this.#descriptor, bytes, written, bytes.length - written, null, (error, count) => {
      if (this.#ended) return;
      if (error === null) this.#wrote(chunk, count);
      else this.#failed(chunk, error);
    });
  }

  #wrote(chunk: Chunk, bytes: number): void {
    chunk.written += bytes;
    if (bytes > 0) this.#midLine = false;
    if (chunk.written < chunk.bytes.length) this.#writeChunk(chunk);
    else this.#finish(chunk);
  }

  #finish({ characters }: Chunk): void {
    this.#chunk = undefined;
    this.#heldCharacters -= characters;
    if (this.#heldCharacters >= WRITE_BYTES || this.#onIdle !== undefined) this.#start();
    else if (this.#heldCharacters > 0) this.#wait(WRITE_MS);
  }

  #failed(chunk: Chunk, { code }: NodeJS.ErrnoException): void {
    if (code === 'EAGAIN') {
      setTimeout(() => {
        if (!this.#ended) this.#writeChunk(chunk);
      }, RETRY_MS).unref();
    } else if (code !== undefined && DISK_FULL.has(code)) {
      this.#lose(chunk);
    } else {
      this.#end();
    }
  }

  /** Gives up what is left of the lines, and tries the next ones later. */
  #lose({ bytes, written, characters }: Chunk): void {
    const rest = bytes.subarray(written);
    const lost = rest.filter((byte) => byte === NEWLINE).length;
    this.#lost += lost;
    this.#allLost += lost;
    this.#midLine ||= written > 0 && bytes[written - 1] !== NEWLINE;
    this.#chunk = undefined;
    this.#heldCharacters -= characters;
    if (this.#onIdle === undefined) this.#wait(RETRY_MS);
    else this.#end();
  }

  /**
   * Writes what is left before the process exits: otherwise a crash would lose the last lines. Those
   * of a write that is under way may come twice, because its end cannot be awaited.
   */
  writeAtExit(): void {
    const chunk = this.#chunk;
    if (chunk !== undefined) this.#writeNow(chunk.bytes.subarray(chunk.written));
    this.#chunk = undefined;
    const rest = this.#take();
    if (rest !== undefined) this.#writeNow(rest.bytes);
  }

  #writeNow(bytes: Buffer): void {
    let written = 0;
    for (let attempt = 0; written < bytes.length && attempt < EXIT_ATTEMPTS; attempt += 1) {
      try {
        written += writeSync(this.#descriptor, bytes, written);
        attempt = 0;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }
}
