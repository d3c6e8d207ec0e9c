import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpRequest } from './http-exchange.js';

/**
 * Which names a server answers to. A page of another site can make its own name resolve to this
 * machine (DNS rebinding), and would then be of the same origin as the server; an address or
 * `localhost` cannot be such a name.
 */
export class TrustedHosts {
  readonly #names: ReadonlySet<string>;

  /** @param names besides addresses and `localhost` */
  constructor(names: readonly string[]) {
    this.#names = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  }

  /** Whether a request may be served under the name that it was sent to. */
  has(request: HttpRequest): boolean {
    const name = hostNameOf(hostOf(request));
    return name !== undefined && (isIP(name) !== 0 || this.#names.has(name));
  }
}

/** The Host of a request, with its port. */
export function hostOf({ headers }: HttpRequest): string {
  return (headers[':authority']?.toString() ?? headers.host ?? '').toLowerCase();
}

/** `[::1]:80` -> `::1`, `localhost` -> `localhost`; undefined if it is not a host. */
function hostNameOf(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/.exec(host) ?? [];
  return ipv6 ?? name?.replace(/\.$/, '');
}

/** Whether a request comes from a page of this server; also if it does not say where it is from. */
export function isSameOrigin(request: HttpRequest): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (host === '' || host !== hostOf(request)) return false;
  return protocol === 'https:' || !(request.socket instanceof TLSSocket);
}
