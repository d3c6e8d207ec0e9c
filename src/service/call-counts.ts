import { Code, type Middleware, type Service } from '../rpc/index.js';

/** The upper ends of the classes of latencies, in seconds; one more class is for those above. */
const BOUNDS_SECONDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Counts the calls of a server, in plain numbers: a call takes some 20 ns. */
export class CallCounts {
  readonly #classes = Array.from({ length: BOUNDS_SECONDS.length + 1 }, () => 0);
  readonly #unary = new Set<string>();
  #started = 0;
  #ended = 0;
  #failed = 0;

  /** @param services whose unary calls have latencies */
  constructor(services: readonly Service[]) {
    for (const { definition } of services) {
      for (const { name, requestStream, responseStream } of Object.values(definition.methods)) {
        if (!requestStream && !responseStream) this.#unary.add(`/${definition.fullName}/${name}`);
      }
    }
  }

  /** Calls that have not ended. */
  get open(): number {
    return this.#started - this.#ended;
  }

  get ended(): number {
    return this.#ended;
  }

  /** Calls that have ended with another status than OK and CANCELLED. */
  get failed(): number {
    return this.#failed;
  }

  /** How many unary calls there are up to each bound, without those up to the one before. */
  latencies(): { readonly upToSeconds: number; readonly calls: number }[] {
    return this.#classes.map((calls, index) => ({
      upToSeconds: BOUNDS_SECONDS[index] ?? Infinity,
      calls,
    }));
  }

  /** Counts a call. */
  readonly middleware: Middleware = (call, next) => {
    this.#started += 1;
    call.onEnd(({ code }) => {
      this.#ended += 1;
      if (code !== Code.OK && code !== Code.CANCELLED) this.#failed += 1;
      if (this.#unary.has(call.method)) this.#observe(call.elapsedMs / 1000);
      return undefined;
    });
    next();
  };

  #observe(seconds: number): void {
    const found = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    const index = found < 0 ? BOUNDS_SECONDS.length : found;
    this.#classes[index] = (this.#classes[index] ?? 0) + 1;
  }
}
