import { isIPv6 } from 'node:net';
import { BoundedMap } from './bounded-map.js';
import { tooManyFailedLogins } from './refusals.js';
import { TokenBucket } from './token-bucket.js';

/** How many invalid credentials an address may send in a row, and per minute after that. */
const MAX_FAILURES = 20;

/** How many addresses are remembered: a few hundred bytes each. */
const MAX_ADDRESSES = 10_000;

/**
 * Limits how fast an address can try credentials. Those that are known already are not looked at
 * here, so that one client with a wrong key does not lock out others behind the same address.
 */
export class FailedLogins {
  readonly #buckets = new BoundedMap<string, TokenBucket>(MAX_ADDRESSES);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Throws if the address of that peer has to wait. */
  check(peer: string): void {
    const waitMs = this.#buckets.get(addressOf(peer))?.waitMs(this.#nowMs()) ?? 0;
    if (waitMs > 0) throw tooManyFailedLogins(waitMs);
  }

  add(peer: string): void {
    const address = addressOf(peer);
    const nowMs = this.#nowMs();
    let bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      bucket = new TokenBucket(MAX_FAILURES / 60, MAX_FAILURES, nowMs);
      this.#buckets.set(address, bucket);
    }
    bucket.take(nowMs);
  }
}

/** The address of `HOST:PORT`; of IPv6 the first 64 bits, because one machine has all of the rest. */
function addressOf(peer: string): string {
  const host = peer.slice(0, peer.lastIndexOf(':'));
  if (!isIPv6(host) || host.startsWith('::ffff:')) return host;
  const [start = '', end] = host.split('::', 2);
  const first = start === '' ? [] : start.split(':');
  const last = end === undefined || end === '' ? [] : end.split(':');
  const zeros = Array.from({ length: Math.max(8 - first.length - last.length, 0) }, () => '0');
  return [...first, ...(end === undefined ? [] : zeros), ...last].slice(0, 4).join(':');
}
