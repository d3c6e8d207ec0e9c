import { createServer, type Server } from 'node:net';
import type { Config } from '../../config.js';
import { holdStore, type HeldStore } from '../../store/open.js';
import { bindAll } from '../bind.js';
import { warnOfExpiry } from '../certificate-expiry.js';
import { limitedWarning } from '../limited-warning.js';
import type { LineWriter } from '../line-writer.js';
import { checkListenOptions, warnOfExposure } from '../listen.js';
import { openLogOn, openLogWriter, type Log } from '../log.js';
import { openMetrics, type ServedMetrics } from '../metrics.js';
import { checkCountry, openServerStore, type OpenedStore } from '../run.js';
import type { RunningServer } from '../start.js';
import { stopOnUncaughtErrors } from '../uncaught-errors.js';
import { ConnectionRouter } from './connection-router.js';
import { WorkerGroup } from './worker-group.js';
import { WorkerMetrics } from './worker-metrics.js';
import type { WorkerProcess } from './worker-process.js';

/** A directory that several processes serve. */
export interface RunningProcesses extends RunningServer {
  /** Rejects if no process serves any more and none can be started; everything is stopped then. */
  readonly failed: Promise<never>;
}

/**
 * Starts the directory in `config.processes` processes. This one listens, prepares and locks the
 * store, passes connections to the others and writes their log; it serves no calls. Resolves when all
 * of them serve; rejects like runDirectory(), and nothing is left open or running then.
 */
export async function runProcesses(config: Config): Promise<RunningProcesses> {
  checkListenOptions(config);
  checkCountry(config);
  const writer = openLogWriter();
  const log = openLogOn(writer, config.logLevel);
  const primary = new Primary(config, log, writer);
  try {
    await primary.start();
  } catch (error) {
    await primary.stop();
    throw error;
  }
  stopOnUncaughtErrors(primary, log, config.shutdownGraceMs);
  return primary;
}

class Primary implements RunningProcesses {
  readonly failed: Promise<never>;
  readonly #config: Config;
  readonly #log: Log;
  readonly #writer: LineWriter;
  readonly #workers = new Set<WorkerProcess>();
  readonly #router: ConnectionRouter;
  #addresses: readonly string[] = [];
  #servers: readonly Server[] = [];
  #metrics: ServedMetrics | undefined;
  #workerMetrics: WorkerMetrics | undefined;
  #held: HeldStore | undefined;
  #store: OpenedStore | undefined;
  #group: WorkerGroup | undefined;
  #isStarted = false;
  #stopping: Promise<void> | undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(config: Config, log: Log, writer: LineWriter) {
    this.#config = config;
    this.#log = log;
    this.#writer = writer;
    this.#router = new ConnectionRouter(
      this.#workers,
      config.limits,
      limitedWarning(log),
      (reason) => {
        const kind = reason === 'too many connections' ? 'too_many' : 'too_many_from_address';
        this.#metrics?.metrics.traffic.refusedConnections.add(kind);
      },
    );
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Its user may not wait for it.
    this.failed.catch(() => undefined);
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  get metricsAddress(): string | undefined {
    return this.#metrics?.address;
  }

  async start(): Promise<void> {
    const config = this.#config;
    const log = this.#log;
    // Before the store, so that a server which cannot listen does not create one.
    await this.#openMetrics();
    const { addresses, servers } = await bindAll(config, log, () => this.#createServer());
    this.#addresses = addresses;
    this.#servers = servers;
    warnOfExpiry(config.tls, log);
    warnOfExposure(config, log);
    this.#held = await holdStore(config.store);
    this.#store = await openServerStore(config, log, undefined, true);
    this.#group = this.#createGroup();
    const services = await this.#group.start();
    this.#isStarted = true;
    log.info({ addresses, services, processes: config.processes }, 'listening');
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  stopNow(): void {
    this.#group?.stopNow();
  }

  async #openMetrics(): Promise<void> {
    const { metrics } = this.#config;
    if (metrics === undefined) return;
    this.#workerMetrics = new WorkerMetrics(this.#workers);
    this.#metrics = await openMetrics(metrics, this.#log, this.#workerMetrics);
  }

  /** Connections are paused: what clients send is for the workers. */
  #createServer(): Server {
    return createServer({ pauseOnConnect: true }, (socket) => {
      this.#router.accept(socket);
    });
  }

  #createGroup(): WorkerGroup {
    return new WorkerGroup(this.#workers, {
      config: this.#config,
      addresses: this.#addresses,
      log: this.#log,
      writer: this.#writer,
      onFree: () => {
        this.#router.passWaiting();
      },
      onReturned: (connection) => {
        this.#router.passAgain(connection);
      },
      onClosed: (address) => {
        this.#router.closed(address);
      },
      onEnded: (worker) => {
        this.#workerMetrics?.ended(worker);
      },
      onFailure: (error) => {
        void this.stop().then(() => {
          this.#fail(error);
        });
      },
    });
  }

  async #stop(): Promise<void> {
    for (const server of this.#servers) server.close();
    this.#router.close();
    await this.#group?.stop(this.#config.shutdownGraceMs);
    await this.#store?.close();
    await this.#held?.close();
    await this.#metrics?.close();
    if (this.#isStarted) this.#log.info('stopped');
    await this.#log.close();
  }
}
