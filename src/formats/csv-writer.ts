import type { PersonInput } from '../client/directory-calls.js';
import { csvField } from './csv-records.js';
import type { PeopleWriter } from './entry.js';
import { phoneTypeName } from './phones.js';

/** The fields that have a column each. */
const scalars = {
  id: 'id',
  name: 'name',
  email: 'email',
  organization: 'organization',
  title: 'title',
  birthday: 'birthday',
  'external id': 'externalId',
  note: 'note',
} as const;

const adressColumns = {
  street: 'street',
  locality: 'locality',
  region: 'region',
  'postal code': 'postalCode',
  country: 'country',
} as const;

/** The columns that some people need. */
export class CsvShape {
  /** The most of each that a person has. */
  phones = 0;
  emails = 0;
  adresses = 0;
  labels = 0;
  hasVcardExtra = false;
  readonly adressParts = new Set<string>();

  /** Adds the columns that a person needs. */
  add({
    phones = [],
    emails = [],
    adresses = [],
    labels = [],
    vcardExtra = [],
  }: PersonInput): void {
    this.phones = Math.max(this.phones, phones.length);
    this.emails = Math.max(this.emails, emails.length);
    this.adresses = Math.max(this.adresses, adresses.length);
    this.labels = Math.max(this.labels, labels.length);
    this.hasVcardExtra ||= vcardExtra.length > 0;
    for (const adress of adresses) {
      for (const [column, part] of Object.entries(adressColumns)) {
        if (adress[part] !== undefined && adress[part] !== '') this.adressParts.add(column);
      }
    }
  }
}

/**
 * Writes people as CSV with commas, and with a header that csvReader() knows. The shape must have
 * all columns that the people need.
 */
export function csvWriter(shape: CsvShape): PeopleWriter {
  const columns = [...columnsOf(shape)];
  const head = `${columns.map(([header]) => header).join(',')}\n`;
  return {
    frame: { head, separator: '\n', end: '\n', tail: '' },
    write: (person) => columns.map(([, text]) => csvField(text(person))).join(','),
  };
}

type Column = readonly [header: string, text: (person: PersonInput) => string];

function* columnsOf(shape: CsvShape): Generator<Column> {
  for (const [header, field] of Object.entries(scalars)) {
    yield [header, (person) => String(person[field] ?? '')];
  }
  yield* numbered(shape.phones, (index) => [
    [`phone ${index + 1}`, ({ phones }) => phones?.[index]?.number ?? ''],
    [`phone ${index + 1} type`, ({ phones }) => typeText(phones?.[index])],
  ]);
  // The first email has a column of its own.
  yield* numbered(shape.emails, (index) => [
    [`email ${index + 2}`, ({ emails }) => emails?.[index]?.address ?? ''],
    [`email ${index + 2} label`, ({ emails }) => emails?.[index]?.label ?? ''],
  ]);
  yield* numbered(shape.adresses, (index) => adressColumnsOf(index, shape));
  yield* numbered(shape.labels, (index) => [
    [`label ${index + 1}`, ({ labels }) => labels?.[index] ?? ''],
  ]);
  if (shape.hasVcardExtra) yield ['vcard extra', ({ vcardExtra }) => vcardExtra?.join('\n') ?? ''];
}

function numbered(count: number, columns: (index: number) => readonly Column[]): Column[] {
  return Array.from({ length: count }, (_, index) => columns(index)).flat();
}

function adressColumnsOf(index: number, { adressParts }: CsvShape): Column[] {
  const name = `address ${index + 1}`;
  const parts = Object.entries(adressColumns).filter(([column]) => adressParts.has(column));
  return [
    [name, ({ adresses }) => adresses?.[index]?.name ?? ''],
    ...parts.map(([column, part]): Column => [
      `${name} ${column}`,
      ({ adresses }) => adresses?.[index]?.[part] ?? '',
    ]),
  ];
}

function typeText(phone: NonNullable<PersonInput['phones']>[number] | undefined): string {
  return phone === undefined ? '' : phoneTypeName(phone.type);
}
