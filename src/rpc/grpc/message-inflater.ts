import { gunzipSync, inflateSync } from 'node:zlib';
import { Code } from '../code.js';

const PREFIX_BYTES = 5;

/**
 * Decompresses the request messages of one call, each only once it is asked for. A message of 1 KB
 * may inflate to 1 MB: decompressed on arrival, one read of the connection would be 64 MB.
 */
export class MessageInflater {
  readonly #maxBytes: number;
  readonly #waiting: (() => void)[] = [];
  #wanted = 0;

  /** @param maxBytes how large a message may be after decompression */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The next message is asked for. */
  next(): void {
    this.#wanted += 1;
    this.#run();
  }

  /** Resolves with the message once it is asked for. Rejects with a status of grpc-js. */
  inflate(framed: Buffer, encoding: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(this.#inflated(framed.subarray(PREFIX_BYTES), encoding));
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- grpc-js sends it
          reject(statusFor(error, this.#maxBytes));
        }
      });
      this.#run();
    });
  }

  #run(): void {
    while (this.#wanted > 0) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      this.#wanted -= 1;
      start();
    }
  }

  #inflated(message: Buffer, encoding: string): Buffer {
    const options = { maxOutputLength: this.#maxBytes };
    switch (encoding) {
      case 'identity':
        return message;
      case 'gzip':
        return gunzipSync(message, options);
      case 'deflate':
        return inflateSync(message, options);
      default:
        throw new UnknownEncodingError('unknown encoding');
    }
  }
}

class UnknownEncodingError extends Error {
  override readonly name = 'UnknownEncodingError';
}

interface Status {
  readonly code: Code;
  readonly details: string;
}

function statusFor(error: unknown, maxBytes: number): Status {
  if (error instanceof UnknownEncodingError) {
    return {
      code: Code.UNIMPLEMENTED,
      details: 'this server reads messages compressed with gzip or deflate only',
    };
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
    const details = `a request message decompresses to more than ${maxBytes} bytes`;
    return { code: Code.RESOURCE_EXHAUSTED, details };
  }
  return { code: Code.INVALID_ARGUMENT, details: 'a request message cannot be decompressed' };
}
