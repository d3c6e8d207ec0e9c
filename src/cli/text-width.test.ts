import { cutToWidth, padToWidth, widthOf } from './text-width.js';

it.each([
  ['Juan', 4],
  ['Zoë', 3],
  ['Zoe\u0308', 3],
  ['山田', 4],
  ['👍', 2],
  ['', 0],
])('measures %s as %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

it('pads to a width in columns', () => {
  expect(padToWidth('山田', 6)).toBe('山田  ');
  expect(padToWidth('Juan', 2)).toBe('Juan');
});

it('cuts to a width in columns, and never a character in two', () => {
  expect(cutToWidth('Juan', 4)).toBe('Juan');
  expect(cutToWidth('Gabriel', 4)).toBe('Gab…');
  expect(cutToWidth('山田太郎', 5)).toBe('山田…');
  expect(cutToWidth('山田太郎', 6)).toBe('山田…');
  expect(cutToWidth('ab👨‍👩‍👧cd', 3)).toBe('ab…');
});
