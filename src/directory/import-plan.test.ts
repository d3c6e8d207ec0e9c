import { Person } from '../../gen/personguide/person_guide.js';
import { importLookups, planImport, type ImportContext, type DecodedBatch } from './import-plan.js';
import { MAX_ID } from './free-ids.js';
import type { ImportMatchBy } from './store.js';

const now = new Date('2021-01-02T03:04:05.678Z');
const ann = Person.fromPartial({
  id: 7,
  name: 'Ann',
  email: 'ann@b.c',
  externalId: 'crm-7',
  etag: '1z',
});

function batchOf(match: ImportMatchBy, ...people: Partial<Person>[]): DecodedBatch {
  return {
    people: people.map((fields, place) => ({
      index: 100 + place,
      person: Person.fromPartial({ name: 'Bea', ...fields }),
    })),
    faults: [],
    match,
    dryRun: false,
    importId: undefined,
    committedBefore: 100,
    committedAfter: 100 + people.length,
  };
}

/** Ann is there, and the id 9 is that of a deleted person. */
const context: ImportContext = {
  live: new Map([[7, Person.encode(ann).finish()]]),
  deleted: new Map([[9, Person.encode(Person.fromPartial({ id: 9, name: 'Old' })).finish()]]),
  idsByExternalId: new Map([['crm-7', 7]]),
  idsByEmail: new Map([['ann@b.c', 7]]),
  freeIds: { first: 20, end: MAX_ID + 1 },
  revision: 36,
  now,
};

function planned(match: ImportMatchBy, ...people: Partial<Person>[]) {
  return plannedIn(context, match, ...people);
}

function plannedIn(within: ImportContext, match: ImportMatchBy, ...people: Partial<Person>[]) {
  const plan = planImport(batchOf(match, ...people), within);
  return {
    ...plan.outcome,
    people: plan.rows.map(({ message }) => Person.decode(message)),
    firstFreeId: plan.freeIds.first,
  };
}

it('looks up what the match needs, and external ids in any case', () => {
  const people = [{ id: 3, email: 'a@b.c', externalId: 'x' }, { id: 3, email: 'a@b.c' }, {}];
  const lookups = { ids: [3], externalIds: ['x'], emails: [] };
  expect(importLookups(batchOf('none', ...people))).toEqual(lookups);
  expect(importLookups(batchOf('id', ...people))).toEqual(lookups);
  expect(importLookups(batchOf('external-id', ...people))).toEqual({ ...lookups, ids: [] });
  expect(importLookups(batchOf('email', ...people))).toEqual({
    ids: [],
    externalIds: ['x'],
    emails: ['a@b.c'],
  });
});

it('creates everyone without a match, and reports ids that are in use', () => {
  const made = planned('none', {}, { id: 7 }, { id: 9 }, { id: 30 }, { id: 30 }, {});
  expect(made).toMatchObject({ created: 3, updated: 0, unchanged: 0, firstFreeId: 32 });
  expect(made.people.map(({ id }) => id)).toEqual([20, 30, 31]);
  expect(made.people[0]).toEqual(
    Person.fromPartial({ id: 20, name: 'Bea', etag: '10', createTime: now, lastUpdated: now }),
  );
  expect(made.faults).toEqual(
    [101, 102, 104].map((index) => ({
      index,
      code: 6,
      message: 'another person has this id',
      violations: [],
    })),
  );
});

it('updates by id the fields that are set, also without a name', () => {
  const made = planned('id', { id: 7, name: '', title: 'Dr' });
  expect(made).toMatchObject({ created: 0, updated: 1 });
  expect(made.people).toEqual([{ ...ann, title: 'Dr', etag: '10', lastUpdated: now }]);
});

it('brings a deleted person back by id, with the new content', () => {
  const made = planned('id', { id: 9, name: 'New' });
  expect(made).toMatchObject({ created: 1, people: [{ id: 9, name: 'New' }] });
});

it('counts a person as unchanged whose fields are all as stored', () => {
  const made = planned('id', { id: 7, name: 'Ann', email: 'ann@b.c' });
  expect(made).toMatchObject({ unchanged: 1, updated: 0, people: [] });
});

it.each([
  ['external-id', { externalId: 'crm-7', title: 'Dr', id: 4711 }],
  ['email', { email: 'ann@b.c', title: 'Dr', id: 4711 }],
] as const)('updates by %s, whatever id is sent', (match, sent) => {
  const made = planned(match, { ...sent, name: '' });
  expect(made).toMatchObject({ updated: 1, people: [{ id: 7, name: 'Ann', title: 'Dr' }] });
});

it.each(['external-id', 'email'] as const)('creates people without a key by %s', (match) => {
  expect(planned(match, {}, { id: 7 })).toMatchObject({
    created: 2,
    people: [{ id: 20 }, { id: 21 }],
  });
});

it('lets a person update one that the same batch has created', () => {
  const made = planned('external-id', { externalId: 'x' }, { externalId: 'x', title: 'Dr' });
  expect(made).toMatchObject({ created: 1, updated: 1, people: [{ id: 20, title: 'Dr' }] });
  const byEmail = planned('email', { email: 'x@y.z' }, { email: 'x@y.z', title: 'Dr' });
  expect(byEmail).toMatchObject({ created: 1, updated: 1, people: [{ id: 20, title: 'Dr' }] });
});

it('reports the external id of another person, stored or of the same batch', () => {
  const made = planned('none', { externalId: 'crm-7' }, { externalId: 'x' }, { externalId: 'x' });
  expect(made).toMatchObject({
    created: 1,
    faults: [
      { index: 100, code: 6, message: 'another person has this external_id' },
      { index: 102, code: 6 },
    ],
  });
});

it('frees the external id that an earlier person of the batch has given up', () => {
  const made = planned('id', { id: 7, externalId: 'new' }, { externalId: 'crm-7' });
  expect(made).toMatchObject({ updated: 1, created: 1, faults: [] });
});

it('reports a new person without a name, and one for whom no id is left', () => {
  expect(planned('id', { id: 8, name: '' }).faults).toEqual([
    {
      index: 100,
      code: 3,
      message: 'name: must not be empty',
      violations: [{ field: 'name', description: 'must not be empty' }],
    },
  ]);
  const last = { ...context, freeIds: { first: MAX_ID, end: MAX_ID + 1 } };
  expect(plannedIn(last, 'none', {}, {}).faults).toMatchObject([{ index: 101, code: 8 }]);
  expect(planned('none', { id: MAX_ID }, {}).people).toMatchObject([{ id: MAX_ID }, { id: 20 }]);
});

it('reports its own faults and those that came with the batch in order', () => {
  const fault = { index: 100, code: 3, message: 'x', violations: [] };
  const batch = { ...batchOf('none', { id: 7 }), faults: [{ ...fault, index: 103 }, fault] };
  const [person] = batch.people;
  if (person === undefined) throw new Error('the batch is empty');
  const { outcome } = planImport({ ...batch, people: [{ ...person, index: 101 }] }, context);
  expect(outcome.faults.map(({ index }) => index)).toEqual([100, 101, 103]);
});
