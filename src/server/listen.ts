import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import { isLoopback, parseHostPort } from '../host-port.js';

/** Certificates as PEM file names. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** If set, clients must present a certificate that one of these has signed. */
  readonly clientCa?: string | undefined;
}

/** The server cannot start; `message` is one line for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Where a server listens, and how. */
export interface ListenOptions {
  /** HOST:PORT, one or more; port 0 takes a free one. */
  readonly listen: readonly string[];
  readonly tls?: TlsFiles | undefined;
  /** Allow addresses beyond loopback without TLS. Default: false. */
  readonly insecure?: boolean;
}

/** Throws a StartError if a server must not, or cannot, listen with these options. Opens nothing. */
export function checkListenOptions({ listen, tls, insecure = false }: ListenOptions): void {
  credentialsOf(tls);
  for (const address of listen) {
    const parsed = parseHostPort(address, 'listen');
    if (parsed === undefined) {
      throw new StartError(`cannot listen on "${address}": it must be HOST:PORT`);
    }
    if (isLoopback(parsed.host) || tls !== undefined || insecure) continue;
    throw new StartError(
      `${address} can be reached from other machines: set --tls-cert and --tls-key (option \`tls\`), ` +
        'or --insecure to serve plain text there',
    );
  }
}

/**
 * Rejects with a StartError if an address cannot be listened on now. Leaves nothing open, so that a
 * program can check before it creates files.
 */
export async function checkAddressesFree(listen: readonly string[]): Promise<void> {
  for (const address of listen) {
    const { host, port } = parseHostPort(address, 'listen') ?? { host: address, port: 0 };
    const server = createServer();
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      throw cannotListen(address, error);
    } finally {
      server.close();
    }
  }
}

/** The credentials to listen with. Throws a StartError for a file that cannot be used. */
function credentialsOf(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const rootCertificates = tls.clientCa === undefined ? null : readPem(tls.clientCa);
  const pair = { cert_chain: readPem(tls.cert), private_key: readPem(tls.key) };
  try {
    // grpc-js reads them only when it listens, and its errors do not name the file.
    createSecureContext({
      cert: pair.cert_chain,
      key: pair.private_key,
      ...(rootCertificates !== null && { ca: rootCertificates }),
    });
    return ServerCredentials.createSsl(rootCertificates, [pair], rootCertificates !== null);
  } catch (error) {
    throw new StartError(`TLS: ${tls.cert} and ${tls.key}: ${(error as Error).message}`);
  }
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`TLS: cannot read ${file}: ${(error as Error).message}`);
  }
}

/**
 * Binds the server to all addresses. Resolves with them, port 0 replaced by the port taken. Rejects
 * with a StartError that names the address and the reason; the server is shut down then.
 */
export async function bindAll(server: Server, options: ListenOptions): Promise<string[]> {
  const credentials = credentialsOf(options.tls);
  const addresses: string[] = [];
  try {
    for (const address of options.listen) addresses.push(await bind(server, address, credentials));
  } catch (error) {
    server.forceShutdown();
    throw error;
  }
  return addresses;
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(address.replace(/\d+$/, port.toString()));
      else reject(cannotListen(address, error));
    });
  });
}

function cannotListen(address: string, error: unknown): StartError {
  const text = error instanceof Error ? error.message : String(error);
  return new StartError(`cannot listen on ${address}: ${explained(text, address)}`);
}

/** The texts are Node's; grpc-js includes them in its own. Any other text is passed on as it is. */
function explained(text: string, address: string): string {
  if (text.includes('EADDRINUSE')) {
    return 'the port is in use; stop the other program or give another --listen';
  }
  if (text.includes('EACCES')) return 'permission denied; choose a port above 1023';
  if (text.includes('EADDRNOTAVAIL')) {
    return `${parseHostPort(address, 'listen')?.host ?? address} is not an address of this machine`;
  }
  return text;
}
