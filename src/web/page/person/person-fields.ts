import { Person, PhoneType } from '../../../../gen/personguide/person_guide.js';

/** A field of a person that the page edits. */
export interface PersonField {
  readonly name: EditableField;
  /** As an update mask names it. */
  readonly path: string;
  readonly label: string;
  /** What a person has in it, for people to compare. */
  readonly text: (person: Person) => string;
}

/** The fields that the page edits. */
export type EditableField =
  | 'name'
  | 'email'
  | 'emails'
  | 'phones'
  | 'adresses'
  | 'organization'
  | 'title'
  | 'birthday'
  | 'labels'
  | 'externalId'
  | 'note';

/** The names of phone types. */
export const phoneTypes: readonly (readonly [PhoneType, string])[] = [
  [PhoneType.MOBILE, 'Mobile'],
  [PhoneType.HOME, 'Home'],
  [PhoneType.WORK, 'Work'],
  [PhoneType.PHONE_TYPE_FAX, 'Fax'],
  [PhoneType.PHONE_TYPE_PAGER, 'Pager'],
  [PhoneType.PHONE_TYPE_OTHER, 'Other'],
];

/** The name of a phone type. */
export function phoneTypeName(type: PhoneType): string {
  return phoneTypes.find(([known]) => known === type)?.[1] ?? 'Other';
}

/** The parts of an address besides its name, in the order of an envelope. */
export const adressParts = ['street', 'postalCode', 'locality', 'region', 'country'] as const;

/** An address in one line. */
export function adressText(adress: Person['adresses'][number]): string {
  const parts = adressParts.map((part) => adress[part]).filter((text) => text !== '');
  return [adress.name, ...parts].join(', ');
}

/** All fields that the page edits, in the order of the form. */
export const personFields: readonly PersonField[] = [
  textField('name', 'Name'),
  textField('organization', 'Organization'),
  textField('title', 'Job title'),
  {
    name: 'phones',
    path: 'phones',
    label: 'Phones',
    text: ({ phones }) =>
      phones.map(({ number, type }) => `${number} (${phoneTypeName(type)})`).join(', '),
  },
  textField('email', 'Email'),
  {
    name: 'emails',
    path: 'emails',
    label: 'Further emails',
    text: ({ emails }) =>
      emails
        .map(({ address, label }) => (label === '' ? address : `${address} (${label})`))
        .join(', '),
  },
  {
    name: 'adresses',
    path: 'adresses',
    label: 'Addresses',
    text: ({ adresses }) => adresses.map(adressText).join('; '),
  },
  textField('birthday', 'Birthday'),
  { name: 'labels', path: 'labels', label: 'Labels', text: ({ labels }) => labels.join(', ') },
  textField('externalId', 'External id', 'external_id'),
  textField('note', 'Note'),
];

type TextFieldName = Exclude<EditableField, 'phones' | 'emails' | 'adresses' | 'labels'>;

function textField(name: TextFieldName, label: string, path: string = name): PersonField {
  return { name, path, label, text: (person) => person[name] };
}

/** Whether two people have the same in a field. */
export function isSameField(field: EditableField, first: Person, second: Person): boolean {
  return JSON.stringify(first[field]) === JSON.stringify(second[field]);
}

/** The fields in which two people differ. */
export function differingFields(first: Person, second: Person): PersonField[] {
  return personFields.filter(({ name }) => !isSameField(name, first, second));
}

/** A person without the entries that were left empty in a form, and without white space around. */
export function withoutBlanks(person: Person): Person {
  const trimmed = (text: string): string => text.trim();
  const isAdressEmpty = (adress: Person['adresses'][number]): boolean =>
    [adress.name, ...adressParts.map((part) => adress[part])].every((text) => text.trim() === '');
  return Person.fromPartial({
    ...person,
    name: trimmed(person.name),
    email: trimmed(person.email),
    organization: trimmed(person.organization),
    title: trimmed(person.title),
    birthday: trimmed(person.birthday),
    externalId: trimmed(person.externalId),
    note: person.note.trimEnd(),
    phones: person.phones.filter(({ number }) => number.trim() !== ''),
    emails: person.emails.filter(({ address }) => address.trim() !== ''),
    adresses: person.adresses.filter((adress) => !isAdressEmpty(adress)),
    labels: person.labels.map(trimmed).filter((label) => label !== ''),
  });
}
