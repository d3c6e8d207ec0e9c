/** Decodes base64 as it arrives; each part that was encoded on its own may end with padding. */
export async function* fromBase64(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = '';
  for await (const chunk of body) {
    const text = rest + Buffer.from(chunk).toString('latin1');
    const end = text.length - (text.length % 4);
    rest = text.slice(end);
    // Padding may be in the middle, where Buffer would stop.
    const parts = text.slice(0, end).match(/[^=]+={0,2}/g) ?? [];
    for (const part of parts) yield Buffer.from(part, 'base64');
  }
  if (rest !== '') yield Buffer.from(rest, 'base64');
}

/** Encodes each chunk on its own, with padding. */
export async function* toBase64(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    yield Buffer.from(Buffer.from(chunk).toString('base64'), 'latin1');
  }
}
