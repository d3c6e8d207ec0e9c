import type { Writable } from 'node:stream';
import { exitCode } from './exit-code.js';
import { Failure } from './failure.js';

/** Writes lines for people or for programs. */
export interface Output {
  /**
   * Writes the text and a line break. Resolves when the stream takes more; rejects with the reason
   * of the signal once that is aborted, and with a Failure when nothing can be written.
   */
  line(text: string): Promise<void>;
  /** Resolves when everything is written, rejects with a Failure when it could not be. */
  flush(): Promise<void>;
}

/** Writes to a stream until the signal is aborted. */
export function openOutput(stream: Writable, signal: AbortSignal): Output {
  const flush = () =>
    new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort);
      stream.write('', (error) => {
        signal.removeEventListener('abort', onAbort);
        if (error) reject(outputFailure(error));
        else resolve();
      });
    });
  return {
    async line(text) {
      signal.throwIfAborted();
      if (stream.writableNeedDrain) await flush();
      signal.throwIfAborted();
      stream.write(`${text}\n`);
    },
    flush,
  };
}

/** What the end of the output means: a reader that has seen enough (`| head`) is no failure. */
export function outputFailure(error: NodeJS.ErrnoException): Failure {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    ? new Failure(exitCode.ok, '', { cause: error })
    : new Failure(exitCode.unexpected, `cannot write: ${error.message}`, { cause: error });
}
