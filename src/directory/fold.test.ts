import { cut, fold } from './fold.js';
import { nameKey } from './name-key.js';

it.each([
  ['García', 'garcia'],
  ['GARCI\u0301A', 'garcia'],
  ['Straße', 'strasse'],
  ['İstanbul', 'istanbul'],
  ['Łódź', 'lodz'],
  ['Ærøskøbing', 'aeroskobing'],
  ['ﬁn Ⅷ', 'fin viii'],
  ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
])('folds %s to %s', (text, folded) => {
  expect(fold(text).replaceAll('ς', 'σ')).toBe(folded);
});

it('cuts a text between two characters', () => {
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abcd', 3)).toBe('abc');
  expect(cut('ab\u{1f600}', 3)).toBe('ab');
});

it('orders names regardless of case, diacritics and surplus whitespace', () => {
  expect(nameKey(' Ána  María ')).toBe('ana maria');
  const names = ['Zoe', 'ábel', 'Abel B', 'ÁBEL A', 'Émile', 'eve'];
  const byKey = (one: string, other: string): number => (nameKey(one) < nameKey(other) ? -1 : 1);
  expect(names.toSorted(byKey)).toEqual(['ábel', 'ÁBEL A', 'Abel B', 'Émile', 'eve', 'Zoe']);
});

it('keeps the key of the longest name below the limit of an index', () => {
  expect(Buffer.byteLength(nameKey('\ufdfa'.repeat(200)))).toBeLessThan(2000);
  expect(Buffer.byteLength(nameKey('\u{20000}'.repeat(200)))).toBeLessThan(2000);
});
