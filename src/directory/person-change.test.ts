import { Person } from '../../gen/personguide/person_guide.js';
import {
  externalIdAfter,
  planChange,
  type ChangeContext,
  type ChangePlan,
} from './person-change.js';
import type { PersonField } from './person-fields.js';
import { ALL_IDS, MAX_ID } from './free-ids.js';
import type { PersonRow } from './person-row.js';
import type { PersonChange } from './store.js';
import { thrownBy } from '../test-support/outcome.js';

const then = new Date('2020-01-02T03:04:05.678Z');
const now = new Date('2021-01-02T03:04:05.678Z');

const ann = person({
  id: 7,
  name: 'Ann',
  email: 'ann@b.c',
  etag: '1z',
  createTime: then,
  lastUpdated: then,
  externalId: 'crm-7',
});

function person(fields: Partial<Person>): Person {
  return Person.fromPartial({ name: 'Bea', ...fields });
}

function plan(change: PersonChange, context: Partial<ChangeContext> = {}): ChangePlan {
  return planChange(change, {
    live: undefined,
    deleted: undefined,
    externalIdOwner: undefined,
    freeIds: { ...ALL_IDS, first: 20 },
    revision: 36,
    now,
    ...context,
  });
}

function planned(change: PersonChange, context: Partial<ChangeContext> = {}): Person {
  return Person.decode(rowOf(plan(change, context)).message);
}

function rowOf(made: ChangePlan): PersonRow {
  if (made.kind === 'none') throw new Error('the change writes nothing');
  return made.row;
}

const live = Person.encode(ann).finish();
const deleted = Person.encode({ ...ann, deleteTime: then }).finish();

function update(
  fields: Partial<Person>,
  mask: readonly PersonField[],
  etag = '',
  allowMissing = false,
): PersonChange {
  return { kind: 'update', person: person(fields), fields: mask, etag, allowMissing };
}

describe('create', () => {
  it('assigns the first free id and sets what the server sets', () => {
    const sent = person({ etag: 'mine', createTime: then, deleteTime: then, lastUpdated: then });
    expect(planned({ kind: 'create', person: sent })).toEqual(
      person({ id: 20, etag: '10', createTime: now, lastUpdated: now }),
    );
  });

  it('takes a free id that is named, and assigns only higher ones from then on', () => {
    const made = plan({ kind: 'create', person: person({ id: 50 }) });
    expect(made).toMatchObject({ row: { id: 50 }, freeIds: { first: 51 } });
    expect(plan({ kind: 'create', person: person({ id: 5 }) })).toMatchObject({
      freeIds: { first: 20 },
    });
  });

  it.each([{ live }, { deleted }])('rejects an id that is in use: %p', (context) => {
    expect(
      thrownBy(() => plan({ kind: 'create', person: person({ id: 7 }) }, context)),
    ).toMatchObject({ reason: 'already-exists', code: 'PERSON_EXISTS' });
  });

  it('rejects the external id of another person', () => {
    const change: PersonChange = { kind: 'create', person: person({ externalId: 'x' }) };
    expect(externalIdAfter(change, undefined)).toBe('x');
    expect(thrownBy(() => plan(change, { externalIdOwner: 3 }))).toMatchObject({
      code: 'EXTERNAL_ID_TAKEN',
    });
  });

  it('rejects a person without id when none is left', () => {
    expect(
      thrownBy(() =>
        plan(
          { kind: 'create', person: person({}) },
          { freeIds: { first: MAX_ID + 1, end: MAX_ID + 1 } },
        ),
      ),
    ).toMatchObject({ code: 'NO_ID_LEFT' });
  });

  it('has the keys that the person is found by', () => {
    const sent = person({
      email: 'a@b.c',
      emails: [
        { address: 'w@b.c', label: 'work' },
        { address: 'w@b.c', label: '' },
      ],
      labels: ['VIP', 'Straße'],
      externalId: 'x',
    });
    expect(rowOf(plan({ kind: 'create', person: sent }))).toMatchObject({
      email: 'a@b.c',
      furtherEmails: ['w@b.c'],
      labelKeys: ['vip', 'strasse'],
      addressKeys: [],
      externalId: 'x',
    });
  });
});

describe('update', () => {
  it('changes the named fields and nothing else', () => {
    const change = update({ id: 7, name: 'Anna', title: 'Dr', email: 'x@y.z' }, ['name', 'title']);
    expect(planned(change, { live })).toEqual({
      ...ann,
      name: 'Anna',
      title: 'Dr',
      etag: '10',
      lastUpdated: now,
    });
  });

  it('empties a named field', () => {
    expect(planned(update({ id: 7 }, ['email']), { live }).email).toBe('');
  });

  it('writes nothing, and keeps the etag, if nothing changes', () => {
    const made = plan(update({ id: 7, name: 'Ann' }, ['name']), { live });
    expect(made).toEqual({ kind: 'none', result: live });
  });

  it('takes the current etag and rejects any other, naming the current one', () => {
    expect(planned(update({ name: 'Anna' }, ['name'], '1z'), { live }).name).toBe('Anna');
    expect(thrownBy(() => plan(update({ name: 'Anna' }, ['name'], '1y'), { live }))).toMatchObject({
      reason: 'aborted',
      code: 'ETAG_MISMATCH',
      metadata: { etag: '1z' },
    });
  });

  it.each([{}, { deleted }])('rejects a person who is not there: %p', (context) => {
    expect(thrownBy(() => plan(update({ id: 7, name: 'Anna' }, ['name']), context))).toMatchObject({
      code: 'PERSON_NOT_FOUND',
    });
  });

  it('creates a missing person with the fields of the mask if that is allowed', () => {
    const change = update({ id: 7, name: 'Anna', title: 'Dr' }, ['name'], '', true);
    expect(planned(change)).toEqual(
      person({ id: 7, name: 'Anna', etag: '10', createTime: now, lastUpdated: now }),
    );
    const withoutId = update({ name: 'Anna' }, ['name'], '', true);
    expect(planned(withoutId).id).toBe(20);
  });

  it('does not create a person for an etag, in place of a deleted one, or without a name', () => {
    expect(thrownBy(() => plan(update({ id: 7 }, ['name'], '1z', true)))).toMatchObject({
      code: 'PERSON_NOT_FOUND',
    });
    expect(thrownBy(() => plan(update({ id: 7 }, ['name'], '', true), { deleted }))).toMatchObject({
      code: 'PERSON_EXISTS',
    });
    expect(thrownBy(() => plan(update({ id: 7, title: 'Dr' }, ['title'], '', true)))).toMatchObject(
      {
        violations: [{ field: 'person.name', description: 'must not be empty' }],
      },
    );
  });

  it('keeps its own external id, and rejects that of another person', () => {
    const change = update({ id: 7, externalId: 'crm-7', name: 'Anna' }, ['externalId', 'name']);
    expect(planned(change, { live, externalIdOwner: 7 }).name).toBe('Anna');
    expect(
      thrownBy(() =>
        plan(update({ id: 7, externalId: 'x' }, ['externalId']), { live, externalIdOwner: 3 }),
      ),
    ).toMatchObject({ code: 'EXTERNAL_ID_TAKEN' });
  });

  it('does not look for an external id that the mask does not name', () => {
    expect(externalIdAfter(update({ externalId: 'x' }, ['name']), undefined)).toBe('');
  });
});

describe('delete', () => {
  const change = (fields: object = {}): PersonChange => ({
    kind: 'delete',
    id: 7,
    etag: '',
    allowMissing: false,
    ...fields,
  });

  it('keeps the person with a new etag and the time', () => {
    const made = plan(change(), { live });
    expect(made.kind).toBe('delete');
    expect(Person.decode(rowOf(made).message)).toEqual({ ...ann, etag: '10', deleteTime: now });
  });

  it('rejects another etag', () => {
    expect(thrownBy(() => plan(change({ etag: '1y' }), { live }))).toMatchObject({
      code: 'ETAG_MISMATCH',
    });
  });

  it('rejects a missing person unless that is allowed', () => {
    expect(thrownBy(() => plan(change(), { deleted }))).toMatchObject({ code: 'PERSON_NOT_FOUND' });
    const made = plan(change({ allowMissing: true }));
    expect(made).toEqual({ kind: 'none', result: new Uint8Array() });
  });
});

describe('undelete', () => {
  const change: PersonChange = { kind: 'undelete', id: 7 };

  it('brings the person back as it was, with a new etag', () => {
    expect(planned(change, { deleted })).toEqual({ ...ann, etag: '10' });
  });

  it('rejects a person who is there, and one who is unknown', () => {
    expect(thrownBy(() => plan(change, { live }))).toMatchObject({
      reason: 'already-exists',
      code: 'PERSON_NOT_DELETED',
    });
    expect(thrownBy(() => plan(change))).toMatchObject({ code: 'PERSON_NOT_FOUND' });
  });

  it('rejects a person whose external id another one has meanwhile', () => {
    expect(externalIdAfter(change, deleted)).toBe('crm-7');
    expect(thrownBy(() => plan(change, { deleted, externalIdOwner: 9 }))).toMatchObject({
      code: 'EXTERNAL_ID_TAKEN',
    });
  });
});
