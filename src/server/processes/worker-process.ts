import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Config } from '../../config.js';
import { StartError } from '../listen.js';
import type { ToPrimary, ToWorker, WorkerState } from './messages.js';

/** A connection that the primary has accepted, and from which nothing has been read. */
export interface Accepted {
  readonly socket: Socket;
  readonly address: string;
}

/** What the primary does when something happens to a worker. */
export interface WorkerEvents {
  /** It may be given a connection: it serves, and has taken the last one. */
  onFree(worker: WorkerProcess): void;
  /** It has not taken this connection; another worker can serve it. */
  onReturned(connection: Accepted): void;
  /** A connection that it had is closed. */
  onClosed(address: string): void;
  /** It takes no connections any more, or has ended with that exit. Called once. */
  onLeaving(worker: WorkerProcess, exit: string | undefined): void;
}

/** One process that serves calls, as the primary sees it. */
export class WorkerProcess {
  readonly number: number;
  readonly startedMs = performance.now();
  /** Resolves with the names of its services when it serves; rejects with a StartError. */
  readonly serving: Promise<readonly string[]>;
  /** Resolves when it has ended and its output is read. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  /** The addresses of its connections, by their ids. */
  readonly #connections = new Map<number, string>();
  #hasServed = false;
  #isLeaving = false;
  /** The connection that it has not taken yet. */
  #passing: (Accepted & { readonly id: number }) | undefined;
  #lastId = -1;
  readonly #asked = new Map<number, (state?: WorkerState) => void>();
  #questions = 0;

  constructor(number: number, config: Config, addresses: readonly string[], events: WorkerEvents) {
    this.number = number;
    this.#events = events;
    this.#child = fork(require.resolve('./worker.js'), [number.toString()], {
      // Its log comes through a pipe; the primary writes it.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // JSON has no Infinity, which a limit may be.
      serialization: 'advanced',
    });
    this.serving = this.#whenServing();
    this.exited = new Promise((resolve) => {
      this.#child.once('close', () => {
        resolve();
      });
      this.#child.once('error', () => {
        // Without a process there is no other event.
        if (this.pid === undefined) resolve();
      });
    });
    this.#child.on('message', (message: ToPrimary) => {
      this.#receive(message);
    });
    // Messages to a process that is gone; its exit follows.
    this.#child.on('error', () => undefined);
    this.#child.once('exit', (code, signal) => {
      this.#leave(exitText(code, signal));
      this.#return();
      for (const address of this.#connections.values()) events.onClosed(address);
      this.#connections.clear();
      for (const answer of this.#asked.values()) answer();
    });
    this.#send({ type: 'start', worker: number, config, addresses });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it writes on standard output. */
  get output(): Readable | null {
    return this.#child.stdout;
  }

  /** Whether it serves, or has served. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Whether it takes connections. */
  get isServing(): boolean {
    return this.#hasServed && !this.#isLeaving;
  }

  /** Whether it can be given a connection now. */
  get isFree(): boolean {
    return this.isServing && this.#passing === undefined;
  }

  /** How many connections it has. */
  get connections(): number {
    return this.#connections.size;
  }

  /** The id of the last connection that it was given; -1 before that. */
  get lastId(): number {
    return this.#lastId;
  }

  /**
   * Passes on a connection, with an id that is above all earlier ones. One at a time, and the primary
   * keeps it until the worker has taken it: one that is sent to a process which has just ended would
   * otherwise be neither served nor closed.
   */
  pass(id: number, connection: Accepted): void {
    const { socket, address } = connection;
    this.#lastId = id;
    this.#passing = { id, ...connection };
    this.#connections.set(id, address);
    this.#send({ type: 'connection', id }, socket);
  }

  /** Asks for its state; resolves with undefined if it does not answer in that time. */
  ask(withMetrics: boolean, timeoutMs: number): Promise<WorkerState | undefined> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve) => {
      const answer = (state?: WorkerState): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(state);
      };
      const timer = setTimeout(answer, timeoutMs);
      this.#asked.set(id, answer);
      this.#send({ type: 'ask', id, withMetrics });
    });
  }

  /** Stops it gracefully; its calls have the grace period to end. */
  stop(): void {
    this.#leave();
    this.#send({ type: 'stop' });
  }

  /** Ends the grace period. */
  stopNow(): void {
    this.#send({ type: 'stop-now' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #whenServing(): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (message: ToPrimary) => {
        if (message.type === 'serving') resolve(message.services);
        else if (message.type === 'failed') reject(new StartError(message.reason));
      });
      this.#child.once('error', ({ message }) => {
        reject(new StartError(`cannot start a process of the server: ${message}`));
      });
      this.#child.once('close', (code, signal) => {
        const exit = exitText(code, signal);
        reject(new StartError(`a process of the server ended while it started: ${exit}`));
      });
    });
  }

  #receive(message: ToPrimary): void {
    switch (message.type) {
      case 'serving':
        this.#hasServed = true;
        this.#events.onFree(this);
        break;
      case 'taken':
        // This closes the primary's handle, not the connection.
        this.#passing?.socket.destroy();
        this.#passing = undefined;
        if (this.isFree) this.#events.onFree(this);
        break;
      case 'returned':
        this.#return();
        break;
      case 'closed':
        this.#close(message.id);
        break;
      case 'answer':
        this.#asked.get(message.id)?.(message.state);
        break;
      case 'stopping':
        this.#leave();
        break;
      case 'failed':
        break;
    }
  }

  #close(id: number): void {
    const address = this.#connections.get(id);
    if (address === undefined) return;
    this.#connections.delete(id);
    this.#events.onClosed(address);
  }

  #return(): void {
    const passing = this.#passing;
    if (passing === undefined) return;
    this.#passing = undefined;
    this.#connections.delete(passing.id);
    this.#events.onReturned(passing);
  }

  #leave(exit?: string): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#events.onLeaving(this, exit);
  }

  #send(message: ToWorker, socket?: Socket): void {
    // Without a callback, a message to a process that is gone would be thrown.
    this.#child.send(message, socket, { keepOpen: true }, () => undefined);
  }
}

/** `exit code 1`, or `signal SIGKILL`. */
function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
}
