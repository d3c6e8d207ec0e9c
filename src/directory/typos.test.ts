import { seededRandom } from '../test-support/seeded-random.js';
import { allowedTypos, indexedVariants, queryVariants, withinTypos } from './typos.js';

it.each([
  ['gabriel', 'gabirel', 1],
  ['gabriel', 'gabrel', 1],
  ['gabriel', 'gabrieel', 1],
  ['gabriel', 'gabryel', 1],
  ['juan', 'jaun', 1],
  ['fernandez', 'fernadnes', 2],
  // A swap whose letters were separated later.
  ['cab', 'abxc', 3],
])('counts the typos between %s and %s as %d', (one, other, typos) => {
  expect(withinTypos(one, other, typos)).toBe(true);
  expect(withinTypos(one, other, typos - 1)).toBe(false);
});

it('allows one typo from 4 letters on, two from 8, and none in numbers', () => {
  expect(
    ['ana', 'anna', 'gabriel', 'fernande', 'a1234567', 'x'.repeat(31)].map(allowedTypos),
  ).toEqual([0, 1, 1, 2, 0, 0]);
});

it('does not compare words of fewer than 3 letters, or with digits', () => {
  expect(withinTypos('anna', 'an', 2)).toBe(false);
  expect(withinTypos('anna', 'ann4', 1)).toBe(false);
});

it('shares a variant with every word that is within the allowed typos', () => {
  const random = seededRandom(7);
  const letter = (): string => 'abc'.charAt(random(3));
  const edit = (word: string): string => {
    const at = random(word.length);
    const [before, after] = [word.slice(0, at), word.slice(at)];
    switch (random(4)) {
      case 0:
        return before + letter() + after;
      case 1:
        return before + after.slice(1);
      case 2:
        return before + letter() + after.slice(1);
      default:
        return before + after.charAt(1) + after.charAt(0) + after.slice(2);
    }
  };
  let near = 0;
  for (let round = 0; round < 5000; round += 1) {
    const word = Array.from({ length: 4 + random(9) }, letter).join('');
    const other = edit(random(2) === 0 ? word : edit(word));
    if (!withinTypos(word, other, allowedTypos(word))) continue;
    near += 1;
    const indexed = new Set(indexedVariants(other));
    expect(queryVariants(word).some((variant) => indexed.has(variant))).toBe(true);
  }
  expect(near).toBeGreaterThan(2000);
});

it('has at most 29 variants of a word', () => {
  expect(indexedVariants('abcdefghijklmnop')).toHaveLength(29);
});
