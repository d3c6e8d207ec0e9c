import { EnvelopeReader, joinEnvelopes, type Envelope } from './envelopes';

const messages = [Uint8Array.of(1, 2, 3), Uint8Array.of(), Uint8Array.of(4)];
const END = Uint8Array.of(0b10, 0, 0, 0, 2, 123, 125);

function readInPieces(body: Uint8Array, size: number): Envelope[] {
  const reader = new EnvelopeReader();
  const envelopes: Envelope[] = [];
  for (let offset = 0; offset < body.length; offset += size) {
    envelopes.push(...reader.read(body.subarray(offset, offset + size)));
  }
  expect(reader.isIncomplete).toBe(false);
  return envelopes;
}

describe('Envelopes', () => {
  it.each([1, 2, 5, 7, 100])('are read from pieces of %d bytes', (size) => {
    const body = Uint8Array.of(...joinEnvelopes(messages), ...END);
    const envelopes = readInPieces(body, size);
    expect(envelopes.slice(0, -1).map(({ data }) => [...data])).toEqual([[1, 2, 3], [], [4]]);
    expect(envelopes.map(({ isEnd }) => isEnd)).toEqual([false, false, false, true]);
    expect(new TextDecoder().decode(envelopes.at(-1)?.data)).toBe('{}');
  });

  it('are incomplete in the middle', () => {
    const reader = new EnvelopeReader();
    expect(reader.read(Uint8Array.of(0, 0, 0, 0, 4, 1))).toEqual([]);
    expect(reader.isIncomplete).toBe(true);
  });

  it('are refused when they are compressed, which the page never asks for', () => {
    const reader = new EnvelopeReader();
    expect(() => reader.read(Uint8Array.of(1, 0, 0, 0, 1, 1))).toThrow('compressed');
  });
});
