import type { Config } from '../../config.js';
import type { LineWriter } from '../line-writer.js';
import type { Log } from '../log.js';
import { forwardLines } from './forward-lines.js';
import { WorkerProcess, type WorkerEvents } from './worker-process.js';

/** The delay before a worker is replaced doubles with each one that did not last. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/** A worker that has served for so long did not fail because of its start. */
const LASTING_MS = 60_000;

/** How long a worker may take to stop beyond the grace period. */
const STOP_SLACK_MS = 5000;

/** What the workers of a server need. */
export interface WorkerGroupOptions extends Omit<WorkerEvents, 'onLeaving'> {
  readonly config: Config;
  /** Where the primary listens. */
  readonly addresses: readonly string[];
  readonly log: Log;
  /** Receives the lines of the workers. */
  readonly writer: LineWriter;
  /** Called when one that has served is gone. */
  readonly onEnded: (worker: WorkerProcess) => void;
  /** Called when no worker serves and none can be started. */
  readonly onFailure: (error: Error) => void;
}

/** Keeps as many workers running as the configuration says. */
export class WorkerGroup {
  /** All that run, also those that start or stop. */
  readonly workers: Set<WorkerProcess>;
  readonly #options: WorkerGroupOptions;
  /** How many have not lasted, one after the other. */
  #failures = 0;
  #isStopping = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(workers: Set<WorkerProcess>, options: WorkerGroupOptions) {
    this.workers = workers;
    this.#options = options;
  }

  /**
   * Starts all workers, and resolves with the names of their services when all of them serve.
   * Rejects with a StartError if one cannot start; none is left running then.
   */
  async start(): Promise<readonly string[]> {
    const { processes } = this.#options.config;
    try {
      const started = Array.from({ length: processes }, () => this.#startOne());
      return (await Promise.all(started))[0] ?? [];
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Stops all workers; resolves when all have ended. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const workers = [...this.workers];
    for (const worker of workers) worker.stop();
    if (graceMs === 0) this.stopNow();
    const timer = setTimeout(() => {
      for (const worker of this.workers) this.#kill(worker);
    }, graceMs + STOP_SLACK_MS);
    await Promise.all(workers.map(({ exited }) => exited));
    clearTimeout(timer);
  }

  /** Ends the grace period of stop(). */
  stopNow(): void {
    for (const worker of this.workers) worker.stopNow();
  }

  #kill(worker: WorkerProcess): void {
    const { number, pid } = worker;
    this.#options.log.error({ worker: number, pid }, 'a worker did not stop in time; it is killed');
    worker.kill();
  }

  async #startOne(): Promise<readonly string[]> {
    const { config, addresses, writer, log, onFree, onReturned, onClosed, onEnded } = this.#options;
    const worker = new WorkerProcess(this.#freeNumber(), config, addresses, {
      onFree,
      onReturned,
      onClosed,
      onLeaving: (leaving, exit) => {
        this.#replace(leaving, exit);
      },
    });
    this.workers.add(worker);
    void worker.exited.then(() => {
      this.workers.delete(worker);
      if (worker.hasServed) onEnded(worker);
    });
    if (worker.output !== null) forwardLines(worker.output, writer);
    const services = await worker.serving;
    log.info({ worker: worker.number, pid: worker.pid }, 'a worker serves calls');
    return services;
  }

  /** The lowest number from 1 that no worker has; one that stops still has its number. */
  #freeNumber(): number {
    const taken = new Set(Array.from(this.workers, ({ number }) => number));
    let number = 1;
    while (taken.has(number)) number += 1;
    return number;
  }

  #replace(worker: WorkerProcess, exit: string | undefined): void {
    // One that has not served yet is reported by its start.
    if (this.#isStopping || !worker.hasServed) return;
    const { log } = this.#options;
    const lasted = performance.now() - worker.startedMs >= LASTING_MS;
    this.#failures = lasted ? 0 : this.#failures + 1;
    const delayMs = this.#delayMs();
    const details = { worker: worker.number, pid: worker.pid, exit, delayMs };
    if (exit === undefined) log.warn(details, 'a worker stops; another one replaces it');
    else log.error(details, 'a worker has ended; another one replaces it');
    this.#startLater(delayMs);
  }

  #startLater(delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#startOne().catch((error: unknown) => {
        this.#startFailed(error as Error);
      });
    }, delayMs);
    this.#timers.add(timer);
  }

  #startFailed(error: Error): void {
    if (this.#isStopping) return;
    if (!Array.from(this.workers).some(({ isServing }) => isServing)) {
      this.#options.onFailure(error);
      return;
    }
    this.#failures += 1;
    const delayMs = this.#delayMs();
    const details = { reason: error.message, delayMs };
    this.#options.log.error(details, 'a worker cannot start; it is tried again');
    this.#startLater(delayMs);
  }

  /** The first replacement does not wait. */
  #delayMs(): number {
    if (this.#failures <= 1) return 0;
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#failures - 2));
  }
}
