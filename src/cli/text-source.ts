import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { openSource, sourceName, unreadable, usageError } from './file-source.js';

/** The text of an open file, or of standard input. */
export interface TextSource {
  /**
   * Pieces of the text, without its byte order mark. Can be iterated once. Rejects with a usage
   * error if the file cannot be read, or is not text in its encoding.
   */
  readonly text: AsyncIterable<string>;
  /** The part of the file that has been read, from 0 to 1; undefined if its size is not known. */
  readonly fraction: () => number | undefined;
  /** Closes the file, also during a read. */
  close(): void;
}

/**
 * Opens a text. Its encoding is that of its byte order mark, else the given one, else UTF-8. Rejects
 * with a usage error if the file cannot be read or the encoding is not known.
 */
export async function openText(
  path: string,
  encoding: string | undefined,
  signal: AbortSignal,
): Promise<TextSource> {
  if (encoding !== undefined) decoderOf(encoding);
  const { source, fraction } = await openSource(path, signal);
  return {
    text: decoded(source, encoding, sourceName(path), signal),
    fraction,
    close: () => void source.destroy(),
  };
}

async function* decoded(
  source: Readable,
  encoding: string | undefined,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  const decode = (chunk?: Buffer): string => {
    decoder ??= decoderOf(markedEncoding(chunk) ?? encoding ?? 'utf-8');
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      const hint = 'if it is from Windows, try --encoding windows-1252';
      throw usageError(`${name}: it is not text in ${decoder.encoding}; ${hint}`, error);
    }
  };
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) yield decode(chunk);
    yield decode();
  } catch (error) {
    signal.throwIfAborted();
    throw (error as NodeJS.ErrnoException).code === undefined || !('syscall' in (error as Error))
      ? error
      : unreadable(name, error);
  }
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw usageError(`--encoding ${encoding} is not a known encoding`, error);
  }
}

/** The encoding that a byte order mark says. */
function markedEncoding(chunk: Buffer | undefined): string | undefined {
  const mark = chunk?.toString('latin1', 0, 3) ?? '';
  if (mark.startsWith('\xFF\xFE')) return 'utf-16le';
  if (mark.startsWith('\xFE\xFF')) return 'utf-16be';
  return mark === '\xEF\xBB\xBF' ? 'utf-8' : undefined;
}
