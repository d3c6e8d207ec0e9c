import type { PhoneType } from '../../gen/personguide/person_guide.js';

type TypeName = 'MOBILE' | 'HOME' | 'WORK' | 'OTHER' | 'FAX' | 'PAGER';

/** The numbers of the contract; its generated module would load more than a web page can. */
const types = {
  MOBILE: 0,
  HOME: 1,
  WORK: 2,
  OTHER: 3,
  FAX: 4,
  PAGER: 5,
} as unknown as Readonly<Record<TypeName, PhoneType>>;

/** What address books call the types. The first match counts: a `work fax` is a fax. */
const patterns: readonly (readonly [RegExp, TypeName])[] = [
  [/fax/, 'FAX'],
  [/pager/, 'PAGER'],
  [/mobile|cell|iphone|car/, 'MOBILE'],
  [/work|business|company|main|office/, 'WORK'],
  [/home/, 'HOME'],
];

/** The type of a phone that an address book labels so, such as `Work Fax`; OTHER if unknown. */
export function phoneTypeOf(label: string): PhoneType {
  const text = label.toLowerCase();
  const [, name] = patterns.find(([pattern]) => pattern.test(text)) ?? [];
  return types[name ?? 'OTHER'];
}

/** The name of a type, such as `HOME`; MOBILE by default, OTHER for those of a newer contract. */
export function phoneTypeName(type: PhoneType = types.MOBILE): TypeName {
  const entries = Object.entries(types) as [TypeName, PhoneType][];
  return entries.find(([, value]) => value === type)?.[0] ?? 'OTHER';
}

/**
 * A number with plain spaces and hyphens, and without the invisible marks of text direction that
 * address books put around numbers.
 */
export function cleanNumber(number: string): string {
  return number
    .replaceAll(/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replaceAll(/\s/g, ' ');
}
