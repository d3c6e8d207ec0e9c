import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { warnOfExpiry } from './certificate-expiry.js';
import { watchFiles } from './file-watch.js';
import { readTls, type TlsFiles } from './listen.js';
import type { Log } from './log.js';

/**
 * Gives the servers their certificates again when the files change, for connections from then on.
 * Files that do not fit together leave a warning, and everything as it was. The returned function
 * ends this.
 */
export function reloadTls(
  tls: TlsFiles | undefined,
  servers: readonly Server[],
  log: Pick<Log, 'info' | 'warn'>,
): () => void {
  if (tls === undefined) return () => undefined;
  const files = [tls.cert, tls.key, ...(tls.clientCa === undefined ? [] : [tls.clientCa])];
  return watchFiles(files, () => {
    try {
      const context = readTls(tls) ?? {};
      for (const server of servers) {
        if (server instanceof TlsServer) server.setSecureContext(context);
      }
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'TLS: the certificates are left as they were');
      return;
    }
    log.info({ files }, 'TLS: the certificates were read again');
    warnOfExpiry(tls, log);
  });
}
