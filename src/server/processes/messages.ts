import type { Config } from '../../config.js';
import type { MetricObject } from '../../metrics/index.js';

/** What a worker says about itself. */
export interface WorkerState {
  /** Whether its health is SERVING. */
  readonly isReady: boolean;
  /** Only if they were asked for. */
  readonly metrics: readonly MetricObject[];
}

/** What the primary sends to a worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly worker: number;
      readonly config: Config;
      /** Where the primary listens. */
      readonly addresses: readonly string[];
    }
  /** Comes with a socket, which the worker serves from now on. */
  | { readonly type: 'connection'; readonly id: number }
  /** Asks for its state. */
  | { readonly type: 'ask'; readonly id: number; readonly withMetrics: boolean }
  | { readonly type: 'stop' }
  /** Ends the grace period. */
  | { readonly type: 'stop-now' };

/** What a worker sends to the primary. */
export type ToPrimary =
  /** It serves calls. */
  | { readonly type: 'serving'; readonly services: readonly string[] }
  /** It cannot start; `reason` is one line for the operator. */
  | { readonly type: 'failed'; readonly reason: string }
  /** It has got this connection. */
  | { readonly type: 'taken'; readonly id: number }
  /** It has got this connection, and does not serve it because it stops. */
  | { readonly type: 'returned'; readonly id: number }
  /** This connection is closed. */
  | { readonly type: 'closed'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly state: WorkerState }
  /** It takes no connections any more, and exits when its calls have ended. */
  | { readonly type: 'stopping' };
