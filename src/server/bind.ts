import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP, type Server } from 'node:net';
import { parseHostPort } from '../host-port.js';
import { StartError, type ListenOptions } from './listen.js';
import type { Log } from './log.js';

/** Sockets that listen. */
export interface Bound {
  /** HOST:PORT as given, with the ports taken. */
  readonly addresses: readonly string[];
  readonly servers: readonly Server[];
}

/**
 * Listens on all addresses with servers that `create` returns. Rejects with a StartError that names
 * the address and the reason; nothing listens then.
 */
export async function bindAll(
  { listen, optionalListen = [] }: ListenOptions,
  log: Pick<Log, 'warn'>,
  create: () => Server,
): Promise<Bound> {
  const addresses: string[] = [];
  const servers: Server[] = [];
  const bind = async (address: string): Promise<void> => {
    const { port, opened } = await listenOn(address, create);
    servers.push(...opened);
    addresses.push(address.replace(/\d+$/, port.toString()));
  };
  try {
    for (const address of listen) await bind(address);
    for (const address of optionalListen) {
      await bind(address).catch((error: unknown) => {
        log.warn({ address }, `${textOf(error)}; it is optional, so the server starts without it`);
      });
    }
    return { addresses, servers };
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

interface OpenedAddress {
  readonly port: number;
  /** One per address of the host, all on the same port. */
  readonly opened: readonly Server[];
}

async function listenOn(address: string, create: () => Server): Promise<OpenedAddress> {
  const { host, port } = parseHostPort(address, 'listen') ?? { host: address, port: 0 };
  const opened: Server[] = [];
  try {
    let taken = port;
    for (const ip of await addressesOf(host)) {
      const server = create();
      if (!(await tryListen(server, ip, taken, opened.length > 0))) continue;
      opened.push(server);
      taken = portOf(server);
    }
    return { port: taken, opened };
  } catch (error) {
    for (const server of opened) server.close();
    throw new StartError(`cannot listen on ${address}: ${explained(error, host)}`);
  }
}

/** All addresses of a host: `localhost` usually has one of IPv4 and one of IPv6. */
async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** Resolves with false for a further address of a host that this machine does not have. */
async function tryListen(
  server: Server,
  host: string,
  port: number,
  isFurther: boolean,
): Promise<boolean> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (isFurther && ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code)) return false;
    throw error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function explained(error: unknown, host: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return 'the port is in use; stop the other program or give another --listen';
    case 'EACCES':
      return 'permission denied; choose a port above 1023';
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} is unknown`;
    default:
      return textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
