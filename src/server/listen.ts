import { readFileSync } from 'node:fs';
import { createSecureContext, type TlsOptions } from 'node:tls';
import type { TlsFiles } from '../config.js';
import { isLoopback, parseHostPort } from '../host-port.js';
import type { Limits } from '../limits.js';

export type { TlsFiles };

/** The server cannot start; `message` is one line for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Where a server listens, and how. */
export interface ListenOptions {
  /** HOST:PORT, one or more; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** As `listen`, but an address that cannot be listened on only leaves a warning in the log. */
  readonly optionalListen?: readonly string[] | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Allow addresses beyond loopback without TLS. Default: false. */
  readonly insecure?: boolean;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits> | undefined;
}

/** Throws a StartError if a server must not, or cannot, listen with these options. Opens nothing. */
export function checkListenOptions(options: ListenOptions): void {
  const { listen, optionalListen = [], tls, insecure = false } = options;
  readTls(tls);
  for (const address of [...listen, ...optionalListen]) {
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

/** What a TLS server of Node takes. Throws a StartError for a file that cannot be used. */
export function readTls(tls: TlsFiles | undefined): TlsOptions | undefined {
  if (tls === undefined) return undefined;
  const pair = { cert: readPem(tls.cert), key: readPem(tls.key) };
  const ca = tls.clientCa === undefined ? {} : { ca: readPem(tls.clientCa) };
  try {
    createSecureContext({ ...pair, ...ca });
  } catch (error) {
    throw new StartError(`TLS: ${tls.cert} and ${tls.key}: ${(error as Error).message}`);
  }
  const required = tls.clientCa !== undefined;
  return { ...pair, ...ca, requestCert: required, rejectUnauthorized: required };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`TLS: cannot read ${file}: ${(error as Error).message}`);
  }
}
