/** Words with digits or of other lengths are not compared with typos. */
const COMPARABLE = /^\p{L}{3,30}$/u;
const SURROGATE = /[\ud800-\udfff]/;

/** Only so many letters are varied: a word has at most 29 variants that way, and not hundreds. */
const VARIED_LETTERS = 7;

/** How many typos the word of a query may have: one from 4 letters on, two from 8. */
export function allowedTypos(word: string): number {
  if (word.length < 4 || !isComparable(word)) return 0;
  return word.length < 8 ? 1 : 2;
}

/** How many typos the word of a person is indexed for: those of any query word close to it. */
function indexedTypos(word: string): number {
  return word.length < 6 ? 1 : 2;
}

/** Whether the word of a person is compared with typos. */
export function isComparable(word: string): boolean {
  return COMPARABLE.test(word) && !SURROGATE.test(word);
}

/**
 * Whether the words differ by at most that many typos, where a typo is a letter that is missing,
 * surplus or wrong, or two neighbours that are swapped, with each letter in one swap at most (the
 * "optimal string alignment" distance of Damerau and Levenshtein).
 */
export function withinTypos(one: string, other: string, typos: number): boolean {
  if (Math.abs(one.length - other.length) > typos || !isComparable(other)) return false;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
      if (cost < best) best = cost;
    }
    if (best > typos) return false;
    beforeLast = last;
    last = row;
  }
  return (last[other.length] ?? 0) <= typos;
}

/** The variants under which the word of a person is indexed; none for one without typos. */
export function indexedVariants(word: string): string[] {
  return isComparable(word) ? variants(word, indexedTypos(word)) : [];
}

/**
 * The variants under which all words are indexed that are within the allowed typos of the word of
 * a query, besides others: a typo is undone by deleting at most one letter of either word. As in
 * SymSpell, https://github.com/wolfgarbe/SymSpell.
 */
export function queryVariants(word: string): string[] {
  const typos = allowedTypos(word);
  return typos === 0 ? [] : variants(word, typos);
}

/** The start of the word, and all that is left of it after up to that many deletions. */
function variants(word: string, deletions: number): string[] {
  const start = word.slice(0, VARIED_LETTERS);
  const all = new Set([start]);
  let latest = [start];
  for (let done = 0; done < deletions; done += 1) {
    latest = latest.flatMap((text) =>
      Array.from(text, (_, index) => text.slice(0, index) + text.slice(index + 1)),
    );
    for (const text of latest) all.add(text);
  }
  return [...all];
}
