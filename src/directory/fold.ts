const ASCII = /^[\0-\x7f]*$/;
const MARKS = /\p{M}+/gu;
const UNDECOMPOSED = /[øłđðħŧæœþ]/g;

/** Letters that Unicode does not decompose, although people who search leave their strokes out. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};

/**
 * The text without regard to case and diacritics: `García`, `GARCIA` and `garcia` become `garcia`.
 * Compatibility forms become their letters (NFKD), and `ß` becomes `ss`.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  // Upper, then lower case: the closest that JavaScript has to Unicode's case folding.
  const cased = text.normalize('NFKD').toUpperCase().toLowerCase();
  return cased
    .normalize('NFKD')
    .replace(MARKS, '')
    .replace(UNDECOMPOSED, (letter) => PLAIN_LETTERS[letter] ?? letter);
}

/** Cuts a text to at most that many UTF-16 units, and not in the middle of a character. */
export function cut(text: string, maxUnits: number): string {
  return text.length <= maxUnits ? text : text.slice(0, maxUnits).replace(/[\ud800-\udbff]$/, '');
}
