import { promisify } from 'node:util';
import { gunzip, gunzipSync, inflate, inflateSync, type ZlibOptions } from 'node:zlib';
import { Code } from '../code.js';

const PREFIX_BYTES = 5;

/** Larger messages are decompressed outside of the event loop: one of 2 MiB takes 2 ms or more. */
const AT_ONCE_BYTES = 64 * 1024;

/** How much of a large message is decompressed in one go, outside of the event loop. */
const PIECE_BYTES = 256 * 1024;

/** How many large messages are decompressed at a time, of all calls: Node has four threads for all. */
const MAX_RUNNING = 2;

interface Decompression {
  readonly now: (message: Buffer, options: ZlibOptions) => Buffer;
  readonly later: (message: Buffer, options: ZlibOptions) => Promise<Buffer>;
  /** What a message says of its size, if the encoding has that. */
  readonly sizeOf?: (message: Buffer) => number;
}

const decompressions = new Map<string, Decompression>([
  ['identity', { now: (message) => message, later: (message) => Promise.resolve(message) }],
  [
    'gzip',
    { now: gunzipSync, later: promisify<Buffer, ZlibOptions, Buffer>(gunzip), sizeOf: sizeInGzip },
  ],
  ['deflate', { now: inflateSync, later: promisify<Buffer, ZlibOptions, Buffer>(inflate) }],
]);

/** No message inflates to more than that many times its size: https://zlib.net/zlib_tech.html */
const MAX_RATIO = 1032;

/**
 * https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1, ISIZE; 0 if that is impossible, such as in a
 * message that is cut off.
 */
function sizeInGzip(message: Buffer): number {
  const size = message.length < 4 ? 0 : message.readUInt32LE(message.length - 4);
  return size <= message.length * MAX_RATIO ? size : 0;
}

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
        this.#inflated(framed.subarray(PREFIX_BYTES), encoding).then(resolve, (error: unknown) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- grpc-js sends it
          reject(statusFor(error, this.#maxBytes));
        });
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

  async #inflated(message: Buffer, encoding: string): Promise<Buffer> {
    const decompression = decompressions.get(encoding);
    if (decompression === undefined) throw new UnknownEncodingError('unknown encoding');
    const { now, later, sizeOf = () => 0 } = decompression;
    const maxBytes = this.#maxBytes;
    if (sizeOf(message) > maxBytes) throw new TooLargeError('too large');
    try {
      return now(message, { maxOutputLength: Math.min(maxBytes, AT_ONCE_BYTES) });
    } catch (error) {
      if (maxBytes <= AT_ONCE_BYTES || !isTooLarge(error)) throw error;
    }
    return await runLater(() =>
      later(message, { maxOutputLength: maxBytes, chunkSize: Math.min(maxBytes, PIECE_BYTES) }),
    );
  }
}

let running = 0;
const waitingToRun: (() => void)[] = [];

/** Runs it when not too many others run. */
async function runLater<T>(run: () => Promise<T>): Promise<T> {
  if (running >= MAX_RUNNING) await new Promise<void>((resolve) => waitingToRun.push(resolve));
  else running += 1;
  try {
    return await run();
  } finally {
    const next = waitingToRun.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

class UnknownEncodingError extends Error {
  override readonly name = 'UnknownEncodingError';
}

/** The message says itself that it is larger than it may be. */
class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof TooLargeError ||
    (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  );
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
  if (isTooLarge(error)) {
    const details = `a request message decompresses to more than ${maxBytes} bytes`;
    return { code: Code.RESOURCE_EXHAUSTED, details };
  }
  return { code: Code.INVALID_ARGUMENT, details: 'a request message cannot be decompressed' };
}
