import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ServerCredentials, type Server } from '@grpc/grpc-js';
import { isLoopback, parseHostPort } from '../host-port.js';

/** Certificates as PEM file names. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate that one of these has signed. */
  readonly clientCa?: string | undefined;
}

/** A start that cannot be; the message is one line for whoever started it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Where a server would listen, and how. */
export interface Listening {
  /** HOST:PORT, one or more. */
  readonly listen: readonly string[];
  readonly tls?: TlsFiles | undefined;
  /** Allow addresses beyond loopback without TLS. */
  readonly insecure?: boolean;
}

/** Fails with a StartError if a server must not, or cannot, listen so. Opens nothing. */
export function checkListening({ listen, tls, insecure = false }: Listening): void {
  credentialsOf(tls);
  const malformed = listen.find((address) => parseHostPort(address, 'listen') === undefined);
  if (malformed !== undefined) {
    throw new StartError(`cannot listen on "${malformed}": it must be HOST:PORT`);
  }
  const open = listen.find((address) => !isLoopback(hostOf(address)));
  if (open === undefined || tls !== undefined || insecure) return;
  throw new StartError(
    `${open} can be reached from other machines: give --tls-cert and --tls-key, or say --insecure`,
  );
}

/** The credentials to listen with. Fails with a StartError for a file that cannot be used. */
export function credentialsOf(tls: TlsFiles | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const rootCertificates = tls.clientCa === undefined ? null : readPem(tls.clientCa);
  const pair = { cert_chain: readPem(tls.cert), private_key: readPem(tls.key) };
  try {
    // grpc-js looks into them only when it listens, and then names no file.
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

function hostOf(address: string): string {
  return parseHostPort(address, 'listen')?.host ?? address;
}

/**
 * Binds the server to an address and resolves with it, port 0 replaced by the port taken.
 * Fails with a StartError that says why it cannot listen there.
 */
export function bind(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(address.replace(/\d+$/, port.toString()));
      else reject(new StartError(`cannot listen on ${address}: ${reasonOf(error, address)}`));
    });
  });
}

function reasonOf(error: Error, address: string): string {
  if (error.message.includes('EADDRINUSE')) {
    return `the port is in use; stop the other program or give another --listen`;
  }
  if (error.message.includes('EACCES')) return 'permission denied; take a port above 1023';
  if (error.message.includes('EADDRNOTAVAIL')) {
    return `${hostOf(address)} is no address of this machine`;
  }
  return error.message;
}
