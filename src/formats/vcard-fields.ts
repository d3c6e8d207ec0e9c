import type { Adress, EmailAddress, PhoneNumber } from '../../gen/personguide/person_guide.js';
import { basicDate, birthdayOf, dateWithYear } from './birthday.js';
import { joinLines } from './lines.js';
import { cleanNumber, phoneTypeName, phoneTypeOf } from './phones.js';
import {
  escapeText,
  splitValue,
  unescapeText,
  valuesOf,
  type ContentLine,
  type Parameter,
} from './vcard-line.js';

/** The fields of a person that a card has in one property each. */
export type SingleField = 'name' | 'organization' | 'title' | 'note' | 'externalId' | 'birthday';

/** What a property says about a person. */
export type Contribution =
  | { readonly kind: 'single'; readonly field: SingleField; readonly text: string }
  | { readonly kind: 'phone'; readonly phone: PhoneNumber }
  | { readonly kind: 'email'; readonly email: EmailAddress }
  | { readonly kind: 'adress'; readonly adress: Adress }
  | { readonly kind: 'labels'; readonly labels: readonly string[] };

/** The versions of vCard that are written. */
export type VcardVersion = '3.0' | '4.0';

/** The properties of the single fields. */
export const singleProperties: Readonly<Record<string, SingleField>> = {
  FN: 'name',
  ORG: 'organization',
  TITLE: 'title',
  NOTE: 'note',
  UID: 'externalId',
  BDAY: 'birthday',
};

/** What a property says about a person; undefined if the directory has no field for it. */
export function contributionOf(line: ContentLine): Contribution | undefined {
  if (line.name === 'TEL') return phoneOf(line);
  if (line.name === 'EMAIL') return emailOf(line);
  if (line.name === 'ADR') return adressOf(line);
  if (line.name === 'CATEGORIES') return labelsOf(line);
  const field = singleProperties[line.name];
  const text = field === undefined ? undefined : singleText(line, field);
  return field === undefined || text === undefined || text.trim() === ''
    ? undefined
    : { kind: 'single', field, text };
}

function singleText(line: ContentLine, field: SingleField): string | undefined {
  if (field === 'birthday') return birthdayOf(line.value, valuesOf(line, 'X-APPLE-OMIT-YEAR')[0]);
  if (field === 'note') return unescapeText(line.value);
  const [first = ''] =
    field === 'organization' ? splitValue(line.value, ';') : [unescapeText(line.value)];
  return joinLines(first, ' ');
}

function phoneOf(line: ContentLine): Contribution | undefined {
  const text = unescapeText(line.value).replace(/^tel:/i, '').replace(/;ext=/i, 'x');
  const number = cleanNumber(text);
  if (number.trim() === '') return undefined;
  const label = valuesOf(line, 'TYPE').join(' ');
  return { kind: 'phone', phone: { number, type: phoneTypeOf(label) } };
}

/** Types that do not say what an email is for. */
const TECHNICAL_TYPES = ['internet', 'pref', 'x400'];

function emailOf(line: ContentLine): Contribution | undefined {
  const address = unescapeText(line.value)
    .replace(/^mailto:/i, '')
    .trim();
  if (address === '') return undefined;
  const type = valuesOf(line, 'TYPE').find((text) => !TECHNICAL_TYPES.includes(text.toLowerCase()));
  return { kind: 'email', email: { address, label: joinLines(type ?? '', ' ') } };
}

/** Names that are also the types of addresses. */
const ADRESS_TYPES = ['home', 'work'];
const MAX_NAME_CHARACTERS = 200;

function adressOf(line: ContentLine): Contribution | undefined {
  const [
    box = '',
    extended = '',
    street = '',
    locality = '',
    region = '',
    postalCode = '',
    country = '',
  ] = splitValue(line.value, ';').map((part) => joinLines(part, ', '));
  const parts = { street, locality, region, postalCode, country };
  const [label] = valuesOf(line, 'LABEL').map((text) => joinLines(unescapeText(text), ', '));
  const texts = [street, locality, box, extended, region, country, postalCode];
  const isEmpty = texts.every((text) => text === '');
  if (isEmpty && (label === undefined || label === '')) return undefined;
  const type = valuesOf(line, 'TYPE')
    .map((text) => text.toLowerCase())
    .find((text) => ADRESS_TYPES.includes(text));
  const isName = label !== undefined && label !== '' && label.length <= MAX_NAME_CHARACTERS;
  const name = isName ? label : (type ?? texts.find((text) => text !== '') ?? '');
  return { kind: 'adress', adress: { name, ...parts } };
}

function labelsOf(line: ContentLine): Contribution | undefined {
  const labels = splitValue(line.value, ',')
    .map((label) => joinLines(label, ' '))
    .filter((label) => label.trim() !== '');
  return labels.length === 0 ? undefined : { kind: 'labels', labels };
}

const singleNames = Object.fromEntries(
  Object.entries(singleProperties).map(([name, field]) => [field, name]),
) as Record<SingleField, string>;

/** The plain property that says this, and nothing else, about a person. */
export function plainLine(contribution: Contribution, version: VcardVersion): ContentLine {
  switch (contribution.kind) {
    case 'single':
      return singleLine(contribution.field, contribution.text, version);
    case 'phone':
      return phoneLine(contribution.phone);
    case 'email':
      return property('EMAIL', escapeText(contribution.email.address), [
        ...parameter('TYPE', contribution.email.label),
      ]);
    case 'adress':
      return adressLine(contribution.adress);
    case 'labels':
      return property('CATEGORIES', contribution.labels.map(escapeText).join(','));
  }
}

function singleLine(field: SingleField, text: string, version: VcardVersion): ContentLine {
  const name = singleNames[field];
  if (field !== 'birthday') return property(name, escapeText(text));
  if (version === '4.0') return property(name, basicDate(text));
  const { date, noYear = '' } = dateWithYear(text);
  return property(name, date, parameter('X-APPLE-OMIT-YEAR', noYear));
}

const phoneTypeParameters: Readonly<Record<ReturnType<typeof phoneTypeName>, string>> = {
  MOBILE: 'cell',
  HOME: 'home',
  WORK: 'work',
  OTHER: '',
  FAX: 'fax',
  PAGER: 'pager',
};

function phoneLine({ number, type }: PhoneNumber): ContentLine {
  const name = phoneTypeParameters[phoneTypeName(type)];
  return property('TEL', escapeText(number), parameter('TYPE', name));
}

function adressLine({ name, ...parts }: Adress): ContentLine {
  const { street, locality, region, postalCode, country } = parts;
  const value = ['', '', street, locality, region, postalCode, country].map(escapeText).join(';');
  const isType = ADRESS_TYPES.includes(name) && Object.values(parts).some((part) => part !== '');
  return property('ADR', value, parameter(isType ? 'TYPE' : 'LABEL', name));
}

/** The parts of a name that the directory has only as a whole: the last word is the family name. */
export function plainName(name: string): ContentLine {
  const words = name.trim().split(/\s+/);
  const family = words.length > 1 ? (words.pop() ?? '') : '';
  return property('N', `${escapeText(family)};${escapeText(words.join(' '))};;;`);
}

/** The name that the parts of an `N` make. */
export function composedName(value: string): string {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = splitValue(value, ';');
  const parts = [prefix, given, middle, family, suffix].map((part) => part.trim());
  return joinLines(parts.filter((part) => part !== '').join(' '), ' ');
}

function property(name: string, value: string, parameters: readonly Parameter[] = []): ContentLine {
  return { group: '', name, parameters, value };
}

function parameter(name: string, value: string): Parameter[] {
  return value === '' ? [] : [{ name, values: [value] }];
}
