import { InvalidArgumentError } from 'commander';

/** The key that finds a person or a user. */
export type LookupKey = { readonly id: number } | { readonly email: string };

const MAX_ID = 2_147_483_647;

/** Parses the argument `ID|EMAIL`: digits are an id, any text with `@` is an email. */
export function parseLookupKey(text: string): LookupKey {
  if (/^\d+$/.test(text)) {
    const id = Number(text);
    if (id >= 1 && id <= MAX_ID) return { id };
    throw new InvalidArgumentError(`An id is a number from 1 to ${MAX_ID}.`);
  }
  if (text.includes('@')) return { email: text };
  throw new InvalidArgumentError('It must be an id (a number) or an email (with @).');
}
