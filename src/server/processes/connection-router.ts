import type { Socket } from 'node:net';
import type { Limits } from '../../limits.js';
import { ConnectionLimits, type Refusal } from '../connection-limits.js';
import type { Warn } from '../limited-warning.js';
import type { Accepted, WorkerProcess } from './worker-process.js';

/** Connections beyond this are refused while no worker can take them. */
const MAX_WAITING = 1000;

type Refused = Exclude<Refusal, undefined>;

/**
 * Passes each connection to the worker that has the fewest. Connections of HTTP/2 stay for long, so
 * taking turns would leave a worker that has just been replaced without work. Connections wait while
 * no worker can take one.
 */
export class ConnectionRouter {
  readonly #workers: ReadonlySet<WorkerProcess>;
  readonly #limits: ConnectionLimits;
  readonly #warn: Warn;
  readonly #onRefused: (reason: Refused) => void;
  readonly #waiting = new Set<Accepted>();
  #nextId = 0;
  #isClosed = false;

  /** `workers` may change. Connections are limited over all of them. */
  constructor(
    workers: ReadonlySet<WorkerProcess>,
    limits: Limits,
    warn: Warn,
    onRefused: (reason: Refused) => void,
  ) {
    this.#onRefused = onRefused;
    this.#workers = workers;
    // Each worker also has its own limit of open files.
    this.#limits = new ConnectionLimits(limits, Infinity);
    this.#warn = warn;
  }

  /** Passes a connection on; nothing has been read from it. */
  accept(socket: Socket): void {
    // A socket that is closed has no address any more.
    const { remoteAddress: address = 'unknown', remotePort = 0 } = socket;
    const reason = this.#refusal(address);
    if (reason !== undefined) {
      this.#warn({ peer: `${address}:${remotePort}`, reason }, 'refused a connection');
      this.#onRefused(reason);
      socket.destroy();
      return;
    }
    socket.on('error', () => undefined);
    this.passAgain({ socket, address });
  }

  /** Passes on a connection that is counted already. */
  passAgain(connection: Accepted): void {
    if (this.#isClosed) {
      connection.socket.destroy();
      return;
    }
    this.#waiting.add(connection);
    this.passWaiting();
  }

  /** Passes on as many waiting connections as the workers can take now. */
  passWaiting(): void {
    for (const waiting of this.#waiting) {
      const worker = this.#next();
      if (worker === undefined) return;
      this.#waiting.delete(waiting);
      worker.pass(this.#nextId, waiting);
      this.#nextId += 1;
    }
  }

  /** To be called when a connection is closed that a worker had. */
  closed(address: string): void {
    this.#limits.close(address);
  }

  /** Closes the connections that wait, and all that come from now on. */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #refusal(address: string): Refusal {
    if (this.#waiting.size >= MAX_WAITING) return 'too many connections';
    return this.#limits.open(address);
  }

  #next(): WorkerProcess | undefined {
    let found: WorkerProcess | undefined;
    for (const worker of this.#workers) {
      if (!worker.isFree) continue;
      if (found === undefined || isBefore(worker, found)) found = worker;
    }
    return found;
  }
}

/** Of those with equally many connections, the one that has waited longest comes first. */
function isBefore(one: WorkerProcess, other: WorkerProcess): boolean {
  if (one.connections !== other.connections) return one.connections < other.connections;
  return one.lastId < other.lastId;
}
