import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';

/** The longest line that linesOf() yields: 256 Mi characters. */
export const MAX_LINE_CHARACTERS = 256 * 1024 * 1024;

/**
 * Yields the lines of a UTF-8 stream as they arrive, without line feeds and byte order mark.
 * Rejects with a TypeError for bytes that are not UTF-8, and with a RangeError for a line that is
 * too long.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string, void, undefined> {
  let partial = '';
  for await (const part of textOf(stream)) {
    const pieces = part.split('\n');
    for (const piece of pieces.slice(0, -1)) {
      yield partial + piece;
      partial = '';
    }
    partial += pieces.at(-1) ?? '';
    if (partial.length > MAX_LINE_CHARACTERS) throw new RangeError('a line is too long');
  }
  if (partial !== '') yield partial;
}

async function* textOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    yield decode(decoder, chunk);
  }
  yield decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new TypeError('it is not UTF-8 text');
  }
}
