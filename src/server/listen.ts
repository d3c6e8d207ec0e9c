import { readFileSync } from 'node:fs';
import { createSecureContext, type TlsOptions } from 'node:tls';
import type { Auth, TlsFiles } from '../config.js';
import { isLoopback, parseHostPort } from '../host-port.js';
import type { Limits } from '../limits.js';
import type { Log } from './log.js';

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
  /** Who may call. Default: everyone, which is only allowed on loopback or with `insecure`. */
  readonly auth?: { readonly kind: Auth['kind'] } | undefined;
  /** Allow addresses beyond loopback without TLS or without access control. Default: false. */
  readonly insecure?: boolean;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits> | undefined;
}

/** Throws a StartError if a server must not, or cannot, listen with these options. Opens nothing. */
export function checkListenOptions(options: ListenOptions): void {
  readTls(options.tls);
  if (options.auth?.kind === 'mtls' && options.tls?.clientCa === undefined) {
    throw new StartError('--auth mtls needs --tls-client-ca (option `tls.clientCa`)');
  }
  const problem = exposure(options);
  for (const address of allAddresses(options)) {
    const parsed = parseHostPort(address, 'listen');
    if (parsed === undefined) {
      throw new StartError(`cannot listen on "${address}": it must be HOST:PORT`);
    }
    if (isLoopback(parsed.host) || problem === undefined || options.insecure === true) continue;
    throw new StartError(`${address} can be reached from other machines: ${problem.remedy}`);
  }
}

/** Warns if other machines can reach a server that does not protect itself. */
export function warnOfExposure(options: ListenOptions, log: Pick<Log, 'warn'>): void {
  const addresses = allAddresses(options).filter(
    (address) => !isLoopback(parseHostPort(address, 'listen')?.host ?? ''),
  );
  const problem = exposure(options);
  if (addresses.length > 0 && problem !== undefined) log.warn({ addresses }, problem.warning);
}

function allAddresses({ listen, optionalListen = [] }: ListenOptions): readonly string[] {
  return [...listen, ...optionalListen];
}

/** What is wrong with addresses that other machines can reach; undefined if nothing is. */
function exposure({
  tls,
  auth,
}: ListenOptions): { readonly remedy: string; readonly warning: string } | undefined {
  const isOpen = (auth?.kind ?? 'none') === 'none';
  if (tls !== undefined && !isOpen) return undefined;
  const open = 'everyone who can reach these addresses can read and change everything';
  const plain = 'everyone on the way can read and change what is sent, in plain text';
  if (tls === undefined) {
    return {
      remedy:
        'set --tls-cert and --tls-key (option `tls`), or --insecure to serve plain text there',
      warning: `--insecure: ${isOpen ? `${open}; ${plain}` : plain}`,
    };
  }
  return {
    remedy: 'set --auth (option `auth`), or --insecure to let everyone in',
    warning: `--insecure: ${open}`,
  };
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
  // Node's default may be lowered with a flag.
  const minVersion = 'TLSv1.2';
  return { ...pair, ...ca, minVersion, requestCert: required, rejectUnauthorized: required };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`TLS: cannot read ${file}: ${(error as Error).message}`);
  }
}
