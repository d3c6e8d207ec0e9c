import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from './errors.js';
import { addressKey, MAX_ID, planRecording } from './person-row.js';

const now = new Date('2020-01-02T03:04:05.678Z');
const nobody = { maxId: 0, now, find: () => undefined };

const people = (...list: Partial<Person>[]): Person[] =>
  list.map((fields) => ({ ...Person.fromPartial({ name: 'Ann' }), ...fields }));

it.each([
  ['my adress', '  My ADRESS\t'],
  ['straße', 'STRASSE'],
  ['ΣΑΣ', 'σας'],
  ['caf\u00e9', 'CAFE\u0301'],
  ['ΐ', '\u0399\u0308\u0301'],
])('takes "%s" and "%s" for one address', (one, other) => {
  expect(addressKey(one)).toBe(addressKey(other));
});

it.each([
  ['a b', 'ab'],
  ['a', 'á'],
  ['a', 'b'],
])('keeps "%s" and "%s" apart', (one, other) => {
  expect(addressKey(one)).not.toBe(addressKey(other));
});

it('gives ids above all that are stored and all that the call names', () => {
  const { rows } = planRecording(people({}, { id: 50 }, {}), { ...nobody, maxId: 20 });
  expect(rows.map(({ id }) => id)).toEqual([51, 50, 52]);
});

it('gives out the last id, and then no other', () => {
  const context = { ...nobody, maxId: MAX_ID - 1 };
  expect(planRecording(people({}), context).rows).toMatchObject([{ id: MAX_ID }]);
  expect(() => planRecording(people({}, {}), context)).toThrow(DirectoryError);
  // Those who name an id still get it.
  const { rows } = planRecording(people({ id: 5 }), { ...nobody, maxId: MAX_ID });
  expect(rows).toMatchObject([{ id: 5 }]);
});

it('writes each id once, the last message at its place', () => {
  const { rows } = planRecording(people({ id: 1, email: 'a@b' }, { id: 2 }, { id: 1 }), nobody);
  expect(rows.map(({ id, email }) => [id, email])).toEqual([
    [2, ''],
    [1, ''],
  ]);
});

it('keeps the stored addresses of a person who brings none', () => {
  const first = planRecording(people({ id: 1, adresses: [{ name: ' Here ' }] }), nobody);
  const context = { ...nobody, maxId: 1, find: () => first.rows[0]?.message };
  const [row] = planRecording(people({ id: 1, name: 'Bea' }), context).rows;
  expect(row?.addressKeys).toEqual(['here']);
  expect(Person.decode(row?.message ?? new Uint8Array())).toMatchObject({
    name: 'Bea',
    adresses: [{ name: ' Here ' }],
  });
});

it('lists an address once that a person has twice', () => {
  const adresses = [{ name: 'Here' }, { name: 'HERE ' }];
  expect(planRecording(people({ adresses }), nobody).rows[0]?.addressKeys).toEqual(['here']);
});

it('puts the time of the recording in place of the one that was sent', () => {
  const { addressBook } = planRecording(people({ lastUpdated: new Date(0) }), nobody);
  expect(AddressBook.decode(addressBook).people).toMatchObject([{ lastUpdated: now }]);
});
