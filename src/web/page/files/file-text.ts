/** A file as text, piece by piece, and how much of it has been read. */
export interface FileText {
  readonly text: AsyncIterable<string>;
  /** From 0 to 1. */
  readonly fraction: () => number;
}

/** The file is not text. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
}

/** Reads a file in the encoding of its byte order mark, or in UTF-8, or in windows-1252. */
export async function openFileText(file: File): Promise<FileText> {
  const encoding = await encodingOf(file);
  let readBytes = 0;
  async function* text(): AsyncGenerator<string> {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const chunks = file.stream().getReader();
    try {
      for (;;) {
        const { done, value } = await chunks.read();
        if (done) break;
        readBytes += value.length;
        yield decoder.decode(value, { stream: true });
      }
      yield decoder.decode();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new EncodingError(`the file is not text in ${encoding}`, { cause: error });
    } finally {
      await chunks.cancel();
    }
  }
  return { text: text(), fraction: () => (file.size === 0 ? 1 : readBytes / file.size) };
}

/** Enough to see whether a text from a spreadsheet is UTF-8. */
const SAMPLE_BYTES = 1024 * 1024;

async function encodingOf(file: File): Promise<string> {
  const sample = new Uint8Array(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
  const [first, second] = sample;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}
