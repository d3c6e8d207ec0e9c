import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import { CHANGES_CHANNEL, readPeopleCounters } from './counters.js';
import type { RunStatement } from './database.js';

/** Reports changes of people, by whichever process. */
export interface ChangeNotices {
  /** See ChangeStore. */
  onChange(listener: () => void): () => void;
  /** Ends all reports. */
  close(): Promise<void>;
}

/** How a ChangeNotices connects. */
export interface NoticesOptions {
  /** Opens a connection of its own. */
  readonly connect: () => Promise<Client>;
  /** Reads while there is no such connection. */
  readonly read: RunStatement;
}

/** How often the connection is checked; a change whose notification was lost is reported then. */
const CHECK_INTERVAL_MS = 10_000;

/** How long to wait after the connection was lost: the first time, and at most. */
const RETRY_DELAYS_MS = { first: 50, last: 3_000 } as const;

const SCHEMA = 'select current_schema() as schema';

/**
 * Listens on a connection of its own while there are listeners. Where it is lost, it is opened
 * again, and meanwhile changes are found by polling.
 */
export function createChangeNotices(options: NoticesOptions): ChangeNotices {
  const listeners = new Set<() => void>();
  let session: { readonly end: AbortController; readonly ended: Promise<void> } | undefined;

  function report(): void {
    for (const listener of listeners) listener();
  }

  function start(): void {
    const end = new AbortController();
    session = { end, ended: new Session(options, report, end.signal).run() };
  }

  async function stop(): Promise<void> {
    const stopped = session;
    session = undefined;
    stopped?.end.abort();
    await stopped?.ended;
  }

  return {
    onChange: (listener) => {
      // The same function may be passed twice.
      const own = (): void => {
        listener();
      };
      listeners.add(own);
      if (session === undefined) start();
      return () => {
        listeners.delete(own);
        if (listeners.size === 0) void stop();
      };
    },
    close: async () => {
      listeners.clear();
      await stop();
    },
  };
}

/** Reports changes until its signal aborts. */
class Session {
  readonly #options: NoticesOptions;
  readonly #report: () => void;
  readonly #signal: AbortSignal;
  /** The last revision that was reported. */
  #revision = 0;
  #failures = 0;

  constructor(options: NoticesOptions, report: () => void, signal: AbortSignal) {
    this.#options = options;
    this.#report = report;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      // Whatever is wrong with the database, the calls of the store report it.
      await this.#listen().catch(() => undefined);
      await this.#pause(this.#retryDelay());
      await this.#poll().catch(() => undefined);
    }
  }

  #retryDelay(): number {
    const delayMs = Math.min(RETRY_DELAYS_MS.last, RETRY_DELAYS_MS.first * 2 ** this.#failures);
    this.#failures += 1;
    // Many servers that lost their connections in one moment do not all come back in one.
    return delayMs * (0.5 + Math.random() / 2);
  }

  /** Reports what is notified until the connection breaks, or the signal aborts. */
  async #listen(): Promise<void> {
    const client = await this.#options.connect();
    const lost = new AbortController();
    client.on('end', () => {
      lost.abort();
    });
    client.on('error', () => {
      lost.abort();
    });
    try {
      const { rows } = await client.query<{ schema: string }>(SCHEMA);
      client.on('notification', (notification) => {
        this.#take(notification, rows[0]?.schema);
      });
      await client.query(`listen ${CHANGES_CHANNEL}`);
      const read: RunStatement = async ({ text }) =>
        (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
      const ended = AbortSignal.any([lost.signal, this.#signal]);
      while (!ended.aborted) {
        // The first time it reports what was changed before the connection listened.
        await this.#poll(read);
        this.#failures = 0;
        await this.#pause(CHECK_INTERVAL_MS, ended);
      }
    } finally {
      await client.end();
    }
  }

  #take({ payload = '' }: Notification, schema: string | undefined): void {
    const [revision, ...words] = payload.split(' ');
    if (words.join(' ') === schema) this.#advance(Number(revision));
  }

  async #poll(read: RunStatement = this.#options.read): Promise<void> {
    if (this.#signal.aborted) return;
    this.#advance((await readPeopleCounters(read)).revision);
  }

  #advance(revision: number): void {
    if (revision === this.#revision || this.#signal.aborted) return;
    this.#revision = revision;
    this.#report();
  }

  async #pause(durationMs: number, signal: AbortSignal = this.#signal): Promise<void> {
    await delay(durationMs, undefined, { signal }).catch(() => undefined);
  }
}
