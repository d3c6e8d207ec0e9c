import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';

/**
 * Compresses and decompresses messages outside of the event loop. That of connect-node reports a
 * message that decompresses to too much as INTERNAL.
 */
export const gzipCompression: Compression = {
  name: 'gzip',
  compress: async (bytes) => new Uint8Array(await promisify(gzip)(bytes)),
  decompress: async (bytes, maxBytes) => {
    if (bytes.length === 0) return new Uint8Array();
    try {
      return new Uint8Array(await promisify(gunzip)(bytes, { maxOutputLength: maxBytes }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') {
        throw new ConnectError('a request message cannot be decompressed', Code.InvalidArgument);
      }
      const text = `a request message decompresses to more than ${maxBytes} bytes`;
      throw new ConnectError(text, Code.ResourceExhausted);
    }
  },
};
