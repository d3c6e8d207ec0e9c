import { AddressBook, Adress, Person } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from './errors.js';
import { ALL_IDS, MAX_ID } from './free-ids.js';
import { foldedKey } from './person-keys.js';
import { encodeRecorded } from './recorded-people.js';
import { idsOfRecording, keyChanges, keysRemoved, planRecording, toRow } from './person-row.js';

const adress = (name: string): Adress => Adress.fromPartial({ name });

const now = new Date('2020-01-02T03:04:05.678Z');
const noPeople = new Map<number, Uint8Array>();
const empty = { freeIds: ALL_IDS, revision: 36, now, stored: noPeople, deleted: noPeople };
const freeFrom = (first: number) => ({ freeIds: { first, end: MAX_ID + 1 } });

const people = (...list: Partial<Person>[]): Uint8Array[] =>
  list.map((fields) => encodeRecorded({ ...Person.fromPartial({ name: 'Ann' }), ...fields }));

/** A plan with the rows of all people. */
function planned(...[recorded, context]: Parameters<typeof planRecording>) {
  const plan = planRecording(recorded, context);
  return { ...plan, rows: plan.written.map(toRow) };
}

it.each([
  ['my adress', '  My ADRESS\t'],
  ['straße', 'STRASSE'],
  ['ΣΑΣ', 'σας'],
  ['caf\u00e9', 'CAFE\u0301'],
  ['ΐ', '\u0399\u0308\u0301'],
])('treats "%s" and "%s" as the same address', (one, other) => {
  expect(foldedKey(one)).toBe(foldedKey(other));
});

it.each([
  ['a b', 'ab'],
  ['a', 'á'],
  ['a', 'b'],
])('treats "%s" and "%s" as different addresses', (one, other) => {
  expect(foldedKey(one)).not.toBe(foldedKey(other));
});

it('knows which ids a recording names, and how many it needs', () => {
  expect(idsOfRecording(people({ id: 7 }, {}, { id: 3 }, { id: 7 }, {}))).toEqual({
    named: [7, 3],
    newPeople: 2,
  });
});

it('assigns ids above all that are stored and all that the call names', () => {
  const plan = planned(people({}, { id: 50 }, {}), { ...empty, ...freeFrom(21) });
  expect(plan.rows.map(({ id }) => id)).toEqual([51, 50, 52]);
  expect(plan.freeIds.first).toBe(53);
  const smallIds = planned(people({}, { id: 5 }), { ...empty, ...freeFrom(21) });
  expect(smallIds.rows.map(({ id }) => id)).toEqual([21, 5]);
  expect(smallIds.freeIds.first).toBe(22);
});

it('assigns the largest id, and none after that', () => {
  const context = { ...empty, ...freeFrom(MAX_ID) };
  expect(planned(people({}), context).rows).toMatchObject([{ id: MAX_ID }]);
  expect(() => planned(people({}, {}), context)).toThrow(DirectoryError);
  // People who name their id can still be recorded.
  const { rows } = planned(people({ id: 5 }), { ...empty, ...freeFrom(MAX_ID + 1) });
  expect(rows).toMatchObject([{ id: 5 }]);
});

it('writes each id once, the last message at its place', () => {
  const { rows } = planned(people({ id: 1, email: 'a@b' }, { id: 2 }, { id: 1 }), empty);
  expect(rows.map(({ id, email }) => [id, email])).toEqual([
    [2, ''],
    [1, ''],
  ]);
});

it('keeps the stored addresses of a person who is sent without any', () => {
  const stored = storedPerson({ id: 1, adresses: [adress(' Here ')] });
  const context = { ...empty, ...freeFrom(2), stored };
  const [row] = planned(people({ id: 1, name: 'Bea' }), context).rows;
  expect(row?.addressKeys).toEqual(['here']);
  expect(Person.decode(row?.message ?? new Uint8Array())).toMatchObject({
    name: 'Bea',
    adresses: [adress(' Here ')],
  });
});

it('lists an address once that a person has twice', () => {
  const adresses = [adress('Here'), adress('HERE ')];
  expect(planned(people({ adresses }), empty).rows[0]?.addressKeys).toEqual(['here']);
});

it('replaces the time that was sent by the time of the recording', () => {
  const { addressBook } = planned(people({ lastUpdated: new Date(0) }), empty);
  expect(AddressBook.decode(addressBook).people).toMatchObject([{ lastUpdated: now }]);
});

it('changes only those addresses of a person that differ from the stored ones', () => {
  const stored = storedPerson({ id: 1, adresses: [adress('Here'), adress('There')] });
  const moved = people({ id: 1, adresses: [adress('HERE'), adress('Away')] }, { id: 2 });
  const { rows } = planned(moved, { ...empty, stored });
  expect(keyChanges(rows, stored).addresses).toMatchObject({
    added: new Map([['away', [1]]]),
    removed: new Map([['there', [1]]]),
  });
});

it('gives new people their times and the etag of the revision', () => {
  const [row] = planned(people({ etag: 'sent', deleteTime: new Date(0) }), empty).rows;
  expect(Person.decode(row?.message ?? new Uint8Array())).toMatchObject({
    etag: '10',
    createTime: now,
    lastUpdated: now,
    deleteTime: undefined,
  });
});

it('keeps each later field of a person who is replaced by a message without it', () => {
  const later = {
    createTime: new Date(1),
    adresses: [adress('Here')],
    organization: 'Acme',
    title: 'Clerk',
    note: 'a note',
    labels: ['friend'],
    externalId: 'x1',
    emails: [{ address: 'a@b.c', label: '' }],
    birthday: '--12-31',
    vcardExtra: ['X-A:1'],
  };
  const message = Person.encode(Person.fromPartial({ id: 1, email: 'old@b.c', ...later })).finish();
  const context = { ...empty, stored: new Map([[1, message]]) };
  const [row] = planned(people({ id: 1, title: 'Chief' }, { id: 1 }), context).rows;
  const replaced = Person.decode(row?.message ?? new Uint8Array());
  expect(replaced).toMatchObject({ ...later, title: 'Chief', email: '', etag: '10' });
  expect(row).toMatchObject({ labelKeys: ['friend'], externalId: 'x1', furtherEmails: ['a@b.c'] });
});

it('does not give a time of creation to a person who was stored without one', () => {
  const context = { ...empty, stored: new Map([[1, new Uint8Array()]]) };
  const [row] = planned(people({ id: 1 }), context).rows;
  expect(Person.decode(row?.message ?? new Uint8Array()).createTime).toBeUndefined();
});

it('takes only the time of creation from a person who was deleted', () => {
  const fields = { id: 1, createTime: new Date(1), deleteTime: now, note: 'a note' };
  const deleted = new Map([[1, Person.encode(Person.fromPartial(fields)).finish()]]);
  const [row] = planned(people({ id: 1 }), { ...empty, deleted }).rows;
  expect(Person.decode(row?.message ?? new Uint8Array())).toMatchObject({
    createTime: new Date(1),
    deleteTime: undefined,
    note: '',
  });
});

it('removes all keys of people who are removed', () => {
  const [row] = planned(people({ id: 1, labels: ['a'], externalId: 'x' }), empty).rows;
  const removed = keysRemoved(row === undefined ? [] : [row]);
  expect(removed.labels).toMatchObject({ added: new Map(), removed: new Map([['a', [1]]]) });
  expect(removed.externalIds).toMatchObject({ removed: new Map([['x', [1]]]) });
});

function storedPerson(fields: Partial<Person> & { id: number }): Map<number, Uint8Array> {
  const { rows } = planned(people(fields), empty);
  return new Map([[fields.id, rows[0]?.message ?? new Uint8Array()]]);
}
