import { PhoneType } from '../../gen/personguide/person_guide.js';
import type { PersonInput } from '../client/directory-calls.js';
import { csvReader } from './csv-reader.js';
import { CsvShape, csvWriter } from './csv-writer.js';
import type { PeopleReader, PeopleWriter } from './entry.js';
import { jsonArrayReader, jsonLinesReader } from './json-reader.js';
import { jsonArrayWriter, jsonLinesWriter } from './json-writer.js';
import { chunked, peopleOf } from './formats.test.support.js';
import { vcardReader } from './vcard-reader.js';
import { vcardWriter } from './vcard-writer.js';

const people: PersonInput[] = [
  { id: 1, name: 'Juan' },
  {
    id: 7,
    name: 'María José García',
    email: 'maria@example.com',
    phones: [
      { number: '+54 11 4321-0000', type: PhoneType.HOME },
      { number: '15,5 x12', type: PhoneType.PHONE_TYPE_FAX },
      { number: '1' },
    ],
    adresses: [
      { name: 'my adress' },
      { name: 'home', street: 'Av. Corrientes 1234, 5° "B"', locality: 'Buenos Aires' },
      { name: 'the; other', postalCode: 'C1043', country: 'AR', region: 'CABA' },
    ],
    organization: 'Acme; Sons, Inc.\\',
    title: 'CEO',
    note: 'One line,\nanother;\r\n\tand "quotes" ' + 'é'.repeat(200),
    labels: ['friend', 'a;b', 'c,d'],
    externalId: 'urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1',
    emails: [
      { address: 'mj@work.example', label: 'work' },
      { address: 'x@y.example', label: 'my "other", one' },
      { address: 'z@y.example' },
    ],
    birthday: '--12-31',
    vcardExtra: ['X-SKYPE;TYPE=work:ana', 'item1.URL:https://example.com', 'item1.X-ABLabel:Home'],
  },
  { id: 9, name: 'Zoë', emails: [{ address: 'only@further.example' }], birthday: '2001-02-03' },
];

function shapeOf(all: readonly PersonInput[]): CsvShape {
  const shape = new CsvShape();
  for (const person of all) shape.add(person);
  return shape;
}

function textOf(all: readonly PersonInput[], { frame, write }: PeopleWriter): string {
  const texts = all.map(write).join(frame.separator);
  return frame.head + (all.length > 0 ? texts + frame.end : '') + frame.tail;
}

const formats: [
  string,
  (text: AsyncIterable<string>) => PeopleReader,
  (all: readonly PersonInput[]) => PeopleWriter,
][] = [
  ['CSV', csvReader, (all) => csvWriter(shapeOf(all))],
  ['vCard 4', vcardReader, () => vcardWriter('4.0')],
  ['vCard 3', vcardReader, () => vcardWriter('3.0')],
  ['JSON', jsonArrayReader, jsonArrayWriter],
  ['JSON lines', jsonLinesReader, jsonLinesWriter],
];

describe.each(formats)('%s', (_, reader, writer) => {
  it.each([1, 7, 100_000])('is the same text after it was read in pieces of %i', async (size) => {
    const text = textOf(people, writer(people));
    const read = await peopleOf(reader(chunked(text, size)));
    expect(read).toHaveLength(people.length);
    expect(textOf(read, writer(read))).toBe(text);
  });

  it('has no people if none were written', async () => {
    expect(await peopleOf(reader(chunked(textOf([], writer([])))))).toEqual([]);
  });
});

it.each(formats.filter(([name]) => !name.startsWith('vCard')))(
  '%s keeps every field',
  async (_, reader, writer) => {
    const read = await peopleOf(reader(chunked(textOf(people, writer(people)))));
    expect(read.map(explicit)).toEqual(people.map(explicit));
  },
);

/** With the texts and types that are defaults. */
function explicit({ phones, emails, ...rest }: PersonInput): unknown {
  return {
    ...rest,
    phones: phones?.map(({ number, type = PhoneType.MOBILE }) => ({ number, type })),
    emails: emails?.map(({ address, label = '' }) => ({ address, label })),
  };
}
