import { parseNumber, parsePositiveInteger, take } from './limit.js';

it.each(['0', '-1', '1.5', '', 'x', '9'.repeat(20)])('rejects the limit %j', (text) => {
  expect(() => parsePositiveInteger(text)).toThrow('whole number above zero');
});

it('parses whole numbers', () => {
  expect(parsePositiveInteger('20')).toBe(20);
  expect(parseNumber('0')).toBe(0);
  expect(() => parseNumber('-1')).toThrow('whole number');
});

it('ends the source after the last item, and does not wait for another', async () => {
  let ended = false;
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1;
      yield 2;
      await new Promise(() => undefined);
    } finally {
      ended = true;
    }
  }
  const items: number[] = [];
  for await (const item of take(source(), 2)) items.push(item);
  expect(items).toEqual([1, 2]);
  expect(ended).toBe(true);
});

it('yields all items without a limit', async () => {
  const items: number[] = [];
  for await (const item of take([1, 2, 3])) items.push(item);
  expect(items).toEqual([1, 2, 3]);
});
