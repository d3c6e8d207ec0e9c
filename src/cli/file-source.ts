import { once } from 'node:events';
import { createReadStream, fstatSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CliError } from './cli-error.js';
import { exitCode } from './exit-code.js';

/** An open file, or standard input. */
export interface FileSource {
  readonly source: Readable;
  /** The part of the file that has been read, from 0 to 1; undefined if its size is not known. */
  readonly fraction: () => number | undefined;
}

/**
 * Opens a file, or standard input for `-`. Rejects with a usage error if the file cannot be read.
 * The stream fails with an AbortError when the signal is aborted.
 */
export async function openSource(path: string, signal: AbortSignal): Promise<FileSource> {
  try {
    if (path === '-') {
      return { source: addAbortSignal(signal, process.stdin), fraction: () => undefined };
    }
    const source = createReadStream(path, { signal });
    const [descriptor] = (await once(source, 'open')) as [number];
    const { size } = fstatSync(descriptor);
    // A pipe or a device has no size.
    return { source, fraction: () => (size > 0 ? source.bytesRead / size : undefined) };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What a message calls the file. */
export function sourceName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** The usage error for a file that cannot be read. */
export function unreadable(name: string, error: unknown): CliError {
  return usageError(`cannot read ${name}: ${(error as Error).message}`, error);
}

/** An error in the command line or in a file. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(exitCode.usage, message, { cause });
}
