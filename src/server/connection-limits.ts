import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Limits } from '../limits.js';

/** Descriptors that are left for the store, its database, the log and what is being accepted. */
const RESERVED_DESCRIPTORS = 64;

/** Why a connection is refused; undefined if it is not. */
export type Refusal = 'too many connections' | 'too many connections from this address' | undefined;

/** Counts open connections, in all and by address; those of IPv6 by their first 64 bits. */
export class ConnectionLimits {
  readonly #most: number;
  readonly #mostPerAddress: number;
  readonly #byAddress = new Map<string, number>();
  #open = 0;

  /** @param descriptors how many files the process may have open */
  constructor(
    limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>,
    descriptors: number = openFilesLimit(),
  ) {
    this.#most = Math.min(limits.connections, Math.max(descriptors - RESERVED_DESCRIPTORS, 1));
    // One address must not take all of what the process may have open.
    this.#mostPerAddress = Math.min(limits.connectionsPerAddress, Math.ceil(this.#most / 2));
  }

  /** Counts a connection, unless it is refused; `close` is then to be called when it is closed. */
  open(address: string): Refusal {
    const key = networkOf(address);
    const ofAddress = this.#byAddress.get(key) ?? 0;
    if (this.#open >= this.#most) return 'too many connections';
    if (ofAddress >= this.#mostPerAddress) return 'too many connections from this address';
    this.#open += 1;
    this.#byAddress.set(key, ofAddress + 1);
    return undefined;
  }

  close(address: string): void {
    const key = networkOf(address);
    const left = (this.#byAddress.get(key) ?? 1) - 1;
    this.#open -= 1;
    if (left === 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, left);
  }
}

/** `2001:db8::1` -> `2001:db8:0:0`, because whoever has one such address has all of its network. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const ipv4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const [before = '', after] = (address.split('%', 1)[0] ?? '').split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : Math.max(8 - head.length - tail.length, 0);
  return [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4).join(':');
}

/** How many files this process may have open, Infinity where that is unknown. */
export function openFilesLimit(
  read = (): string => readFileSync('/proc/self/limits', 'utf8'),
): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(read())?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    // There is no such file on macOS and Windows.
    return Infinity;
  }
}
