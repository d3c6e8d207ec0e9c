import type { Socket } from 'node:net';
import type { ConnectionSource } from '../listeners.js';
import type { ToPrimary, ToWorker, WorkerState } from './messages.js';

type Start = Extract<ToWorker, { readonly type: 'start' }>;

/** What a worker does when the primary says so. */
export interface WorkerOrders {
  state(withMetrics: boolean): Promise<WorkerState>;
  stop(): void;
  stopNow(): void;
}

/** The primary, as its worker sees it. */
export class PrimaryLink {
  /** Resolves with what the worker is to do. */
  readonly started: Promise<Start>;
  #isClosed = false;
  #isDone = false;
  #onConnection: ((socket: Socket) => void) | undefined;

  /** @param orders called for what the primary says; without a primary, this process ends */
  constructor(orders: WorkerOrders) {
    this.started = new Promise((resolve) => {
      process.on('message', (message: ToWorker, handle: unknown) => {
        switch (message.type) {
          case 'start':
            resolve(message);
            break;
          case 'connection':
            this.#take(message.id, handle as Socket | undefined);
            break;
          case 'ask':
            void orders.state(message.withMetrics).then((state) => {
              this.#send({ type: 'answer', id: message.id, state });
            });
            break;
          case 'stop':
            orders.stop();
            break;
          case 'stop-now':
            orders.stopNow();
            break;
        }
      });
    });
    // Without a primary nothing locks the store, and another server may open it. So this process ends
    // as the primary did, which leaves the files of the store as they are.
    process.once('disconnect', () => {
      if (!this.#isDone) process.kill(process.pid, 'SIGKILL');
    });
  }

  /** The connections that the primary passes on; it learns when this process serves them. */
  connectionsAt(addresses: readonly string[]): ConnectionSource {
    return {
      addresses,
      onConnection: (callback) => {
        this.#onConnection = callback;
      },
      announce: (services) => {
        this.#send({ type: 'serving', services });
      },
      close: () => {
        this.#isClosed = true;
        this.#send({ type: 'stopping' });
      },
    };
  }

  /** Says that this process cannot start. Resolves when that is sent. */
  fail(reason: string): Promise<void> {
    return new Promise((resolve) => {
      this.#send({ type: 'failed', reason }, resolve);
    });
  }

  /** Lets the process end. */
  disconnect(): void {
    this.#isDone = true;
    if (process.connected) process.disconnect();
  }

  #take(id: number, socket: Socket | undefined): void {
    if (this.#isClosed && socket !== undefined) {
      // Nothing has been read from it yet, and the primary has a handle of its own.
      socket.destroy();
      this.#send({ type: 'returned', id });
      return;
    }
    this.#send({ type: 'taken', id });
    const closed = (): void => {
      this.#send({ type: 'closed', id });
    };
    // A connection that has ended on its way comes without a socket.
    if (socket === undefined) {
      closed();
      return;
    }
    socket.once('close', closed);
    this.#onConnection?.(socket);
  }

  #send(message: ToPrimary, onSent: () => void = () => undefined): void {
    if (process.connected) process.send?.(message, undefined, undefined, onSent);
    else onSent();
  }
}
