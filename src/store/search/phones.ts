import { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { phoneKeys } from '../../directory/phone-key.js';
import { markDeleted, type TextQuery } from './texts.js';

/** People with the digits of a phone as a word who are read to find one with that phone. */
export const MAX_PHONE_CANDIDATES = 50;

/** How a phone is looked up. */
export interface PhoneQuery {
  readonly key: string;
  /** For the texts of those who may have the phone, and of deleted people. */
  readonly live: TextQuery;
  readonly deleted: TextQuery;
}

/** The query for a phone as a caller wrote it; undefined if it has no digits. */
export function phoneQuery(phone: string, defaultCountry: string): PhoneQuery | undefined {
  const [key] = phoneKeys(phone, defaultCountry);
  if (key === undefined) return undefined;
  return {
    key,
    live: [[{ at: 'whole', text: key }]],
    deleted: [[{ at: 'whole', text: markDeleted(key) }]],
  };
}

/** The person with the lowest id, by ids, who has a phone of that key. */
export function withPhone(
  people: ReadonlyMap<number, Encoded<Person>>,
  key: string,
  defaultCountry: string,
): Encoded<Person> | undefined {
  const hasPhone = (message: Encoded<Person>): boolean =>
    Person.decode(message).phones.some(({ number }) =>
      phoneKeys(number, defaultCountry).includes(key),
    );
  return [...people]
    .sort(([id], [otherId]) => id - otherId)
    .find(([, message]) => hasPhone(message))?.[1];
}
