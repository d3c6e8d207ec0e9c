import { ChannelCredentials } from '@grpc/grpc-js';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ConnectOptions, Pem, TlsOptions } from './options.js';

type PemName = 'ca' | 'cert' | 'key';

/**
 * The credentials of a connection. Each new connection reads files that have changed. Throws a
 * TypeError for a file or key that cannot be used.
 */
export function credentialsOf({ tls = false }: ConnectOptions): ChannelCredentials {
  if (tls === false) return ChannelCredentials.createInsecure();
  const options: TlsOptions = tls === true ? {} : tls;
  const { ca, cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError('connect: tls.cert and tls.key must be given together');
  }
  try {
    if ([ca, cert, key].some((pem) => typeof pem === 'string')) {
      return ChannelCredentials.createFromSecureContext(reloadingContext(options));
    }
    return ChannelCredentials.createSsl(...([ca, key, cert] as Buffer[]));
  } catch (cause) {
    if (cause instanceof UnreadablePem) throw cause;
    throw new TypeError(`connect: tls cannot be used: ${textOf(cause)}`, { cause });
  }
}

class UnreadablePem extends TypeError {}

/** A context that is made anew when one of its files has changed. Node reads it per connection. */
function reloadingContext(options: TlsOptions): SecureContext {
  let current = contextOf(options);
  // The first connection reads the files again: they may have changed since.
  let versions = '';
  const refresh = (): void => {
    try {
      const newVersions = versionsOf(options);
      if (newVersions === versions) return;
      current = contextOf(options);
      versions = newVersions;
    } catch {
      // While files are being replaced, a certificate may be without its key: use the last ones.
    }
  };
  return {
    get context(): unknown {
      refresh();
      return current.context as unknown;
    },
  };
}

function contextOf({ ca, cert, key }: TlsOptions): SecureContext {
  return createSecureContext({
    ...(ca !== undefined && { ca: read('ca', ca) }),
    ...(cert !== undefined && { cert: read('cert', cert) }),
    ...(key !== undefined && { key: read('key', key) }),
  });
}

/** Changes when a file is written or replaced, also by a symbolic link to another one. */
function versionsOf({ ca, cert, key }: TlsOptions): string {
  const files = [ca, cert, key].filter((pem) => typeof pem === 'string');
  const versions = files.map((file) => {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino} ${size} ${mtimeMs}`;
  });
  return versions.join();
}

function read(name: PemName, pem: Pem): Buffer {
  if (typeof pem !== 'string') return pem;
  try {
    return readFileSync(pem);
  } catch (cause) {
    throw new UnreadablePem(`connect: tls.${name} cannot be read: ${textOf(cause)}`, { cause });
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
