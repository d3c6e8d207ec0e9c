import { PhoneType } from '../../gen/personguide/person_guide.js';
import type { PersonChange } from '../directory/store.js';
import {
  adress,
  change,
  create,
  decoded,
  findById,
  listIds,
  person,
  record,
  remove,
  update,
} from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** A person with every field that callers set. */
const FULL = {
  name: 'María García',
  email: 'maria@b.c',
  phones: [{ number: '1234', type: PhoneType.PHONE_TYPE_PAGER }],
  adresses: [adress('Here'), adress('There')],
  organization: 'Acme',
  title: 'Clerk',
  note: 'one line\nand another',
  labels: ['Friend', 'family'],
  externalId: 'crm-1',
  emails: [{ address: 'mg@work.example', label: 'work' }],
  birthday: '2001-12-31',
  vcardExtra: ['X-SKYPE:maria'],
};

const KEY = { key: 'k', method: '/personguide.PersonGuide/CreatePerson', digest: 'same' };

/** Creating, changing, deleting and bringing back people one by one. */
export function changeCases({ store, reopen, durable }: StoreCase): void {
  const removal = (fields: Partial<Extract<PersonChange, { kind: 'delete' }>>): PersonChange => ({
    kind: 'delete',
    id: 1,
    etag: '',
    allowMissing: false,
    ...fields,
  });
  const undelete = (id: number) => change(store(), { kind: 'undelete', id });
  const later = () => new Date(Date.now() + 1000);
  const rejected = (code: string) => ({ name: 'DirectoryError', code });

  describe('a person who is created', () => {
    it('is stored with every field, the times and an etag', async () => {
      const before = Date.now();
      const created = await create(store(), { ...FULL, etag: 'x', deleteTime: new Date(0) });
      const { createTime, etag } = created;
      const server = { id: 1, etag, createTime, lastUpdated: createTime, deleteTime: undefined };
      expect(created).toEqual({ ...person(FULL), ...server });
      expect(etag).toMatch(/^[0-9a-z]+$/);
      expect(createTime?.getTime()).toBeGreaterThanOrEqual(before);
      expect(await findById(store(), 1)).toEqual(created);
      expect(await listIds(store(), 'there')).toEqual([1]);
      expect(await store().findPeople([{ email: 'maria@b.c' }])).toHaveLength(1);
    });

    it('gets an id above all others, also those of deleted people', async () => {
      await record(store(), person({ id: 40 }));
      await create(store(), { id: 7 });
      expect((await create(store())).id).toBe(41);
      await remove(store(), 41);
      expect((await create(store())).id).toBe(42);
      expect((await record(store(), person()))[0]?.id).toBe(43);
    });

    it('cannot have an id that is in use, also by a deleted person', async () => {
      await create(store(), { id: 7, name: 'Old' });
      await expect(create(store(), { id: 7 })).rejects.toMatchObject(rejected('PERSON_EXISTS'));
      expect(await findById(store(), 7)).toMatchObject({ name: 'Old' });
      await remove(store(), 7);
      await expect(create(store(), { id: 7 })).rejects.toMatchObject(rejected('PERSON_EXISTS'));
    });
  });

  describe('a person who is updated', () => {
    it('has the new fields and all others as before, and another etag', async () => {
      const before = await create(store(), FULL);
      const after = await update(store(), 1, { title: 'Chief', email: '', labels: [] });
      const { etag, lastUpdated } = after;
      const fields = { title: 'Chief', email: '', labels: [] };
      expect(after).toEqual({ ...before, ...fields, etag, lastUpdated });
      expect(etag).not.toBe(before.etag);
      expect(await findById(store(), 1)).toEqual(after);
    });

    it('is found by the new email and addresses only', async () => {
      await create(store(), FULL);
      await update(store(), 1, { email: 'new@b.c', adresses: [adress('There'), adress('New')] });
      const found = await store().findPeople([{ email: 'maria@b.c' }, { email: 'new@b.c' }]);
      expect(found.map((message) => decoded(message)?.id)).toEqual([undefined, 1]);
      expect(await listIds(store(), 'here')).toEqual([]);
      expect(await listIds(store(), 'there')).toEqual([1]);
      expect(await listIds(store(), 'new')).toEqual([1]);
    });

    it('keeps the etag if nothing changes', async () => {
      const before = await create(store(), FULL);
      const same = await update(store(), 1, { name: FULL.name, labels: FULL.labels });
      expect(same).toEqual(before);
    });

    it('must have the etag that the change names', async () => {
      const first = await create(store(), { name: 'First' });
      const second = await update(store(), 1, { name: 'Second' }, { etag: first.etag });
      const late = update(store(), 1, { name: 'Third' }, { etag: first.etag });
      await expect(late).rejects.toMatchObject({
        reason: 'aborted',
        code: 'ETAG_MISMATCH',
        metadata: { etag: second.etag },
      });
      expect(await findById(store(), 1)).toEqual(second);
    });

    it('is changed once by many who know the same etag', async () => {
      const { etag } = await create(store());
      const changes = Array.from({ length: 20 }, (_, index) =>
        update(store(), 1, { name: `Name ${index}` }, { etag }),
      );
      const results = await Promise.allSettled(changes);
      const done = results.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      );
      expect(done).toHaveLength(1);
      expect(await findById(store(), 1)).toEqual(done[0]);
    });

    it('has all fields that many have changed at the same time', async () => {
      await create(store());
      const fields = [
        { title: 'T' },
        { note: 'N' },
        { organization: 'O' },
        { birthday: '--01-02' },
      ];
      await Promise.all(fields.map((field) => update(store(), 1, field)));
      expect(await findById(store(), 1)).toMatchObject(Object.assign({}, ...fields) as object);
    });

    it('must be there, unless the change may create one', async () => {
      await expect(update(store(), 5, { name: 'A' })).rejects.toMatchObject(
        rejected('PERSON_NOT_FOUND'),
      );
      const options = { allowMissing: true };
      expect(await update(store(), 5, { name: 'A' }, options)).toMatchObject({ id: 5, name: 'A' });
      expect(await update(store(), 0, { name: 'B' }, options)).toMatchObject({ id: 6, name: 'B' });
      expect(await update(store(), 5, { name: 'C' }, options)).toMatchObject({ id: 5, name: 'C' });
      expect(await listIds(store())).toEqual([5, 6]);
    });
  });

  describe('an external id', () => {
    it('belongs to one person at most, whoever writes it', async () => {
      await create(store(), { externalId: 'x' });
      await create(store(), { name: 'Bea' });
      const taken = { reason: 'already-exists', code: 'EXTERNAL_ID_TAKEN' };
      const writes = [
        () => create(store(), { externalId: 'x' }),
        () => update(store(), 2, { externalId: 'x' }),
        () => store().recordPeople([person(), person({ externalId: 'x' })]),
        () => store().recordPeople([person({ externalId: 'y' }), person({ externalId: 'y' })]),
      ];
      for (const write of writes) await expect(write()).rejects.toMatchObject(taken);
      expect(await listIds(store())).toEqual([1, 2]);
      expect(await store().countPeople()).toBe(2);
      expect(await findById(store(), 2)).toMatchObject({ name: 'Bea', externalId: '' });
    });

    it('is compared exactly', async () => {
      for (const externalId of ['x', 'X', ' x', 'é', 'e\u0301']) {
        await create(store(), { externalId });
      }
      expect(await listIds(store())).toHaveLength(5);
    });

    it('is free when its person has another one, or is deleted', async () => {
      await create(store(), { externalId: 'x' });
      await update(store(), 1, { externalId: 'y' });
      await create(store(), { externalId: 'x' });
      await remove(store(), 1);
      await create(store(), { externalId: 'y' });
      expect(await listIds(store())).toEqual([2, 3]);
    });

    it('can be exchanged by a recording', async () => {
      await create(store(), { externalId: 'x' });
      await create(store(), { externalId: 'y' });
      const [one, two] = [person({ id: 1, externalId: 'y' }), person({ id: 2, externalId: 'x' })];
      await record(store(), one, two);
      expect(await findById(store(), 1)).toMatchObject({ externalId: 'y' });
      await expect(create(store(), { externalId: 'x' })).rejects.toMatchObject(
        rejected('EXTERNAL_ID_TAKEN'),
      );
    });
  });

  describe('a person who is deleted', () => {
    it('is no longer found, listed or counted', async () => {
      await record(store(), person());
      const before = await create(store(), FULL);
      const gone = await remove(store(), 2);
      expect(gone).toEqual({ ...before, etag: gone.etag, deleteTime: gone.deleteTime });
      expect(gone.deleteTime?.getTime()).toBeGreaterThanOrEqual(
        before.createTime?.getTime() ?? NaN,
      );
      expect(gone.etag).not.toBe(before.etag);
      expect(await store().findPeople([{ id: 2 }, { email: FULL.email }])).toEqual([
        undefined,
        undefined,
      ]);
      expect(await listIds(store())).toEqual([1]);
      expect(await listIds(store(), 'here')).toEqual([]);
      expect(await store().countPeople()).toBe(1);
    });

    it('can be the last one', async () => {
      await create(store());
      await remove(store(), 1);
      expect(await store().hasPeople()).toBe(false);
      expect(await store().countPeople()).toBe(0);
    });

    it('must be there, unless the change allows that nobody is', async () => {
      const missing = () => store().changePerson(removal({ id: 5 }));
      await expect(missing()).rejects.toMatchObject(rejected('PERSON_NOT_FOUND'));
      expect(await store().changePerson(removal({ id: 5, allowMissing: true }))).toHaveLength(0);
      await create(store(), { id: 5 });
      await remove(store(), 5);
      await expect(missing()).rejects.toMatchObject(rejected('PERSON_NOT_FOUND'));
    });

    it('must have the etag that the change names', async () => {
      const { etag } = await create(store());
      await expect(store().changePerson(removal({ etag: 'other' }))).rejects.toMatchObject({
        code: 'ETAG_MISMATCH',
        metadata: { etag },
      });
      await store().changePerson(removal({ etag }));
      expect(await listIds(store())).toEqual([]);
    });

    it('cannot be updated', async () => {
      await create(store());
      await remove(store(), 1);
      await expect(update(store(), 1, { name: 'A' })).rejects.toMatchObject(
        rejected('PERSON_NOT_FOUND'),
      );
    });

    it('comes back with the new content when the id is recorded', async () => {
      const { createTime } = await create(store(), FULL);
      await remove(store(), 1);
      const [back] = await record(store(), person({ id: 1, name: 'New', adresses: [adress('N')] }));
      const { lastUpdated, etag } = back ?? {};
      const fields = { id: 1, name: 'New', adresses: [adress('N')] };
      expect(back).toEqual({ ...person(fields), createTime, lastUpdated, etag });
      expect(await findById(store(), 1)).toEqual(back);
      expect(await listIds(store(), 'here')).toEqual([]);
      expect(await store().countPeople()).toBe(1);
      await expect(undelete(1)).rejects.toMatchObject(rejected('PERSON_NOT_DELETED'));
    });
  });

  describe('a deleted person who is brought back', () => {
    it('is whole', async () => {
      const before = await create(store(), FULL);
      await remove(store(), 1);
      const back = await undelete(1);
      expect(back).toEqual({ ...before, etag: back.etag, lastUpdated: back.lastUpdated });
      expect(await findById(store(), 1)).toEqual(back);
      expect(await listIds(store(), 'here')).toEqual([1]);
      expect(await store().countPeople()).toBe(1);
      await expect(create(store(), { externalId: FULL.externalId })).rejects.toMatchObject(
        rejected('EXTERNAL_ID_TAKEN'),
      );
    });

    it('must be deleted', async () => {
      await create(store());
      await expect(undelete(1)).rejects.toMatchObject(rejected('PERSON_NOT_DELETED'));
      await expect(undelete(2)).rejects.toMatchObject(rejected('PERSON_NOT_FOUND'));
    });

    it('must not have an external id that another person has got', async () => {
      await create(store(), { externalId: 'x' });
      await remove(store(), 1);
      await create(store(), { externalId: 'x' });
      await expect(undelete(1)).rejects.toMatchObject(rejected('EXTERNAL_ID_TAKEN'));
      await update(store(), 2, { externalId: '' });
      expect(await undelete(1)).toMatchObject({ externalId: 'x' });
    });
  });

  describe('deleted people are purged', () => {
    it('if they were deleted before that time, some at a time', async () => {
      for (let id = 1; id <= 5; id += 1) await create(store(), { id });
      for (const id of [1, 2, 3]) await remove(store(), id);
      expect(await store().purgeDeleted(new Date(0), 10)).toBe(0);
      expect(await store().purgeDeleted(later(), 2)).toBe(2);
      expect(await store().purgeDeleted(later(), 2)).toBe(1);
      expect(await store().purgeDeleted(later(), 2)).toBe(0);
      expect(await listIds(store())).toEqual([4, 5]);
    });

    it('and cannot be brought back; their ids are not assigned again', async () => {
      await create(store());
      await remove(store(), 1);
      await store().purgeDeleted(later(), 10);
      await expect(undelete(1)).rejects.toMatchObject(rejected('PERSON_NOT_FOUND'));
      expect((await create(store())).id).toBe(2);
    });
  });

  describe('a change', () => {
    it('is done once for an idempotency key', async () => {
      const wanted: PersonChange = { kind: 'create', person: person() };
      const options = { idempotencyKey: KEY };
      const [first, again] = await Promise.all([
        store().changePerson(wanted, options),
        store().changePerson(wanted, options),
      ]);
      expect(Buffer.compare(first, again)).toBe(0);
      const late = await store().changePerson(wanted, options);
      expect(Buffer.compare(first, late)).toBe(0);
      expect(await listIds(store())).toEqual([1]);
      const other = { idempotencyKey: { ...KEY, digest: 'other' } };
      await expect(store().changePerson(wanted, other)).rejects.toMatchObject(
        rejected('IDEMPOTENCY_KEY_REUSED'),
      );
    });

    it('that fails has no effect on the others of its turn', async () => {
      await create(store(), { id: 1 });
      const results = await Promise.allSettled([
        create(store()),
        create(store(), { id: 1 }),
        update(store(), 9, { name: 'A' }),
        remove(store(), 1),
        create(store()),
      ]);
      expect(results.map(({ status }) => status === 'fulfilled')).toEqual([
        ...[true, false, false, true, true],
      ]);
      expect(await listIds(store())).toEqual([2, 3]);
      expect(await store().countPeople()).toBe(2);
    });

    it('whose signal is aborted beforehand is not made', async () => {
      await create(store());
      const reason = new Error('the caller is gone');
      const signal = AbortSignal.abort(reason);
      await expect(store().changePerson(removal({}), { signal })).rejects.toBe(reason);
      await expect(store().purgeDeleted(later(), 1, { signal })).rejects.toBe(reason);
      expect(await listIds(store())).toEqual([1]);
    });

    it('is rejected after the store was closed', async () => {
      const closed = store();
      await closed.close();
      for (const call of [
        () => closed.changePerson(removal({})),
        () => closed.purgeDeleted(later(), 1),
        () => closed.countPeople(),
      ]) {
        await expect(call()).rejects.toMatchObject(rejected('STORE_CLOSED'));
      }
    });

    if (!durable) return;

    it('is there after a restart, and no etag comes twice', async () => {
      const first = await create(store(), FULL);
      await create(store(), { name: 'Gone' });
      const gone = await remove(store(), 2);
      await reopen();
      expect(await findById(store(), 1)).toEqual(first);
      expect(await store().countPeople()).toBe(1);
      const back = await undelete(2);
      expect(back).toMatchObject({ name: 'Gone' });
      const next = await create(store());
      expect(next.id).toBe(3);
      const etags = [first, gone, back, next].map(({ etag }) => etag);
      expect(new Set(etags).size).toBe(4);
    });
  });
}
