import { InvalidArgumentError } from 'commander';

/** The key that finds a person or a user. */
export type LookupKey = { readonly id: number } | { readonly email: string };

/** The key that finds a person. */
export type PersonLookupKey = LookupKey | { readonly phone: string };

const MAX_ID = 2_147_483_647;

/** Parses the argument `ID|EMAIL`: digits are an id, any text with `@` is an email. */
export function parseLookupKey(text: string): LookupKey {
  if (/^\d+$/.test(text)) return { id: parseId(text) };
  if (text.includes('@')) return { email: text };
  throw new InvalidArgumentError('It must be an id (a number) or an email (with @).');
}

/**
 * Parses the argument `ID|EMAIL|PHONE`. Digits that can be an id are one; other digits, also with
 * the characters between them that phones have, are a phone.
 */
export function parsePersonLookupKey(text: string): PersonLookupKey {
  if (text.includes('@')) return { email: text };
  if (/^\d+$/.test(text) && Number(text) <= MAX_ID) return { id: parseId(text) };
  if (/^[-+0-9()./ #*,;xpw]*\d[-+0-9()./ #*,;xpw]*$/.test(text)) return { phone: text };
  throw new InvalidArgumentError(
    'It must be an id (a number), an email (with @) or a phone; other texts can be an --external-id.',
  );
}

/** Parses the argument `ID`. */
export function parseId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && id >= 1 && id <= MAX_ID) return id;
  throw new InvalidArgumentError(`An id is a number from 1 to ${MAX_ID}.`);
}

/** Parses one of several arguments `ID`. */
export function parseIds(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, parseId(text)];
}
