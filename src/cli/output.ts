import type { Writable } from 'node:stream';
import { exitCode } from './exit-code.js';
import { CliError } from './cli-error.js';

/** Where a command writes its lines. */
export interface Output {
  /**
   * Writes the text and a line break. Resolves when the stream is ready for more. Rejects with the
   * signal's reason if the signal is aborted, and with a CliError if the stream has failed.
   */
  line(text: string): Promise<void>;
  /** Writes the text as line() does, without a line break. */
  write(text: string): Promise<void>;
  /** Resolves when everything has been written; rejects as line() does. */
  flush(): Promise<void>;
}

/** Writes to a stream until the signal is aborted. */
export function openOutput(stream: Writable, signal: AbortSignal): Output {
  const flush = (): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort);
      stream.write('', (error) => {
        signal.removeEventListener('abort', onAbort);
        if (error) reject(outputError(error));
        else resolve();
      });
    });
  const write = async (text: string): Promise<void> => {
    signal.throwIfAborted();
    if (stream.writableNeedDrain) await flush();
    signal.throwIfAborted();
    stream.write(text);
  };
  return { line: (text) => write(`${text}\n`), write, flush };
}

/** What an error of the output means. A closed pipe (`| head`) ends the command with exit code 0. */
export function outputError(error: NodeJS.ErrnoException): CliError {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    ? new CliError(exitCode.ok, '', { cause: error })
    : new CliError(exitCode.unexpected, `cannot write: ${error.message}`, { cause: error });
}
