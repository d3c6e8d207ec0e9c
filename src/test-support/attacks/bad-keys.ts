/** What is wrong, and the values of `authorization` for it, made of a valid key and another one. */
type BadKey = readonly [string, (text: string, other: string) => readonly string[]];

/** Credentials that a server with `--auth keys` must not take. */
export const badKeys: readonly BadKey[] = [
  ['an empty value', () => ['']],
  ['no token', () => ['Bearer']],
  ['a space for a token', () => ['Bearer  ']],
  ['the key without a scheme', (text) => [text]],
  ['another scheme', (text) => [`Basic ${text}`]],
  ['a password of Basic', (text) => [`Basic ${Buffer.from(`k:${text}`).toString('base64')}`]],
  ['two tokens', (text) => [`Bearer ${text} ${text}`]],
  ['two tokens with a comma, the right one first', (text) => [`Bearer ${text},Bearer x`]],
  ['two tokens with a comma, the right one last', (text) => [`Bearer x,Bearer ${text}`]],
  ['the same token twice', (text) => [`Bearer ${text},Bearer ${text}`]],
  ['a quoted key', (text) => [`Bearer "${text}"`]],
  ['another prefix', (text) => [`Bearer ${text.replace('pgk', 'pgx')}`]],
  ['an upper-case id', (text) => [`Bearer ${text.replace(/_[0-9a-f]+_/, '_ABCDEFABCDEFABCD_')}`]],
  ['an id that does not exist', (text) => [`Bearer ${text.replace(/_[0-9a-f]{4}/, '_0000')}`]],
  ['no secret', (text) => [`Bearer ${text.slice(0, 21)}`]],
  ['a secret without its last character', (text) => [`Bearer ${text.slice(0, -1)}`]],
  ['a secret with one more character', (text) => [`Bearer ${text}A`]],
  ['another last character', (text) => [`Bearer ${otherEnd(text)}`]],
  [
    'a secret in upper case',
    (text) => [`Bearer ${text.slice(0, 21)}${text.slice(21).toUpperCase()}`],
  ],
  ['the secret of another key', (text, other) => [`Bearer ${text.slice(0, 21)}${other.slice(21)}`]],
  ['what the store has', (text) => [`Bearer ${text.slice(0, 21)}${'A'.repeat(43)}`]],
  ['an unsigned JSON web token', () => ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.']],
  ['SQL', () => ["Bearer pgk_' or 1=1 --"]],
  ['a huge token', () => [`Bearer ${'a'.repeat(20_000)}`]],
];

/** Changes only the bits of the last character that base64 does not use. */
function otherEnd(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.at(-1) ?? '') ^ 1] ?? '');
}
