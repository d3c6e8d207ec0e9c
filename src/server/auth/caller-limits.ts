import type { CallerLimits } from '../../config.js';
import type { Call, Principal } from '../../rpc/index.js';
import { BoundedMap } from './bounded-map.js';
import type { MethodRule } from './method-rules.js';
import { callRateExceeded, tooManyStreams } from './refusals.js';
import { TokenBucket } from './token-bucket.js';

/** How many callers are remembered. One that is forgotten starts with full buckets. */
const MAX_CALLERS = 10_000;

/** The shortest delay that a caller is asked for: less would only bring it back too early. */
const MIN_DELAY_MS = 100;

interface Caller {
  readonly reads: TokenBucket;
  readonly writes: TokenBucket;
  streams: number;
}

/** Counts what each caller does. */
export class LimitedCallers {
  readonly #callers = new BoundedMap<string, Caller>(MAX_CALLERS);
  readonly #limits: CallerLimits;
  readonly #nowMs: () => number;

  constructor(limits: CallerLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Counts a call. Throws, and counts nothing, if the caller must not make it now. */
  admit(principal: Principal, rule: MethodRule, call: Pick<Call, 'onEnd'>): void {
    const nowMs = this.#nowMs();
    const caller = this.#callerOf(principal, nowMs);
    const { readsPerSecond, writesPerSecond, openStreams } = this.#limits;
    if (rule.isStream && caller.streams >= openStreams) throw tooManyStreams(openStreams);
    const kind = rule.isRead ? 'reads' : 'writes';
    const perSecond = rule.isRead ? readsPerSecond : writesPerSecond;
    if (perSecond !== Infinity) {
      const waitMs = caller[kind].waitMs(nowMs);
      if (waitMs > 0) throw callRateExceeded(kind, perSecond, Math.max(waitMs, MIN_DELAY_MS));
      caller[kind].take(nowMs);
    }
    if (rule.isStream) countStream(caller, call);
  }

  #callerOf({ kind, subject }: Principal, nowMs: number): Caller {
    const name = `${kind} ${subject}`;
    let caller = this.#callers.get(name);
    if (caller === undefined) {
      const { readsPerSecond, writesPerSecond } = this.#limits;
      caller = {
        reads: new TokenBucket(readsPerSecond, readsPerSecond, nowMs),
        writes: new TokenBucket(writesPerSecond, writesPerSecond, nowMs),
        streams: 0,
      };
      this.#callers.set(name, caller);
    }
    return caller;
  }
}

function countStream(caller: Caller, call: Pick<Call, 'onEnd'>): void {
  caller.streams += 1;
  call.onEnd(() => {
    caller.streams -= 1;
    return undefined;
  });
}
