import { BlockList, isIPv6 } from 'node:net';

/** A host and a TCP port, as written in `HOST:PORT`. */
export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

const MAX_PORT = 65_535;

/** What comes before the port: an IPv6 address in brackets, an IPv4 address, or a name. */
const PATTERN = /^(?:\[([^[\]]+)\]|([\w.-]+)):(\d{1,5})$/;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Parses HOST:PORT; undefined if the text is not one. Port 0, which takes a free port, is valid
 * only where a server listens.
 */
export function parseHostPort(text: string, use: 'listen' | 'connect'): HostPort | undefined {
  const [, bracketed, name, digits] = PATTERN.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) return undefined;
  if (port > MAX_PORT || (port === 0 && use === 'connect')) return undefined;
  return { host, port };
}

/** The text that parseHostPort() parses into the same host and port. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs on this machine can connect to the host. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  return LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
