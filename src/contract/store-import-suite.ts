import type { Person } from '../../gen/personguide/person_guide.js';
import { IMPORT_LIFETIME_MS } from '../directory/import-plan.js';
import type { ImportBatch } from '../directory/store.js';
import { adress, create, findById, listIds, person, remove } from './store-messages.js';
import type { StoreCase } from './store-suite.js';

/** Importing people in batches. */
export function importCases({ store, reopen, durable }: StoreCase): void {
  /** A batch of these people, who follow the first `before` of the import. */
  function batch(
    people: readonly Partial<Person>[],
    options: Partial<ImportBatch> & { readonly before?: number } = {},
  ): ImportBatch {
    const { before = 0, ...others } = options;
    return {
      people: people.map((fields, index) => ({ index: before + index, person: person(fields) })),
      faults: [],
      match: 'none',
      dryRun: false,
      importId: undefined,
      committedBefore: before,
      committedAfter: before + people.length,
      ...others,
    };
  }

  const counts = (created: number, updated: number, unchanged: number) => ({
    created,
    updated,
    unchanged,
  });

  const faultAt = (index: number) => ({ index, code: 3, message: 'bad', violations: [] });

  describe('an import', () => {
    it('creates people under the next ids, with times and an etag', async () => {
      await create(store());
      const outcome = await store().importPeople(
        batch([{ id: 1, name: 'Ann', adresses: [adress('Here')] }, { name: 'Bea' }], {
          match: 'external-id',
        }),
      );
      expect(outcome).toEqual({ ...counts(2, 0, 0), faults: [], writtenIds: [2, 3] });
      expect(await listIds(store())).toEqual([1, 2, 3]);
      expect(await listIds(store(), 'here')).toEqual([2]);
      const ann = await findById(store(), 2);
      expect(ann).toMatchObject({ name: 'Ann', createTime: ann?.lastUpdated });
      expect(ann?.etag).toMatch(/^[0-9a-z]+$/);
      expect(await store().countPeople()).toBe(3);
      expect((await create(store())).id).toBe(4);
    });

    it.each([
      ['id', { id: 1 }],
      ['external-id', { externalId: 'x' }],
      ['email', { email: 'a@b.c' }],
      ['email', { email: 'further@b.c' }],
    ] as const)('updates the person who matches by %s: %j', async (match, key) => {
      const stored = { externalId: 'x', email: 'a@b.c', note: 'kept' };
      await create(store(), {
        ...stored,
        emails: [{ address: 'further@b.c', label: '' }],
        adresses: [adress('Old')],
      });
      const people = [
        { ...key, name: 'New', adresses: [adress('Here')] },
        { name: 'Other', email: 'o@b.c', externalId: 'o' },
      ];
      const first = await store().importPeople(batch(people, { match }));
      expect(first).toEqual({ ...counts(1, 1, 0), faults: [], writtenIds: [1, 2] });
      expect(await findById(store(), 1)).toMatchObject({ ...stored, name: 'New', ...key });
      expect(await listIds(store(), 'old')).toEqual([]);
      expect(await listIds(store(), 'here')).toEqual([1]);
      const again = await store().importPeople(batch(people.slice(0, 1), { match }));
      expect(again).toEqual({ ...counts(0, 0, 1), faults: [], writtenIds: [] });
      expect(await listIds(store())).toEqual([1, 2]);
    });

    it('updates the lowest id of those with an email', async () => {
      await create(store(), { id: 9, email: 'a@b.c' });
      await create(store(), { id: 4, emails: [{ address: 'a@b.c', label: '' }] });
      await store().importPeople(batch([{ email: 'a@b.c', name: 'New' }], { match: 'email' }));
      expect(await findById(store(), 4)).toMatchObject({ name: 'New' });
    });

    it('reports whom it cannot import, in order of index, and imports the others', async () => {
      await create(store(), { id: 7, externalId: 'x' });
      const people = [{ name: 'Ann' }, { externalId: 'x' }, { id: 7 }, { name: 'Bea' }];
      const outcome = await store().importPeople(
        batch(people, { before: 100, faults: [faultAt(90), faultAt(102)] }),
      );
      expect(outcome).toMatchObject(counts(2, 0, 0));
      expect(outcome.faults.map(({ index, code }) => [index, code])).toEqual([
        [90, 3],
        [101, 6],
        [102, 3],
        [102, 6],
      ]);
      expect(await listIds(store())).toEqual([7, 8, 9]);
    });

    it('brings a deleted person of the same id back', async () => {
      await create(store(), { note: 'old' });
      await remove(store(), 1);
      const outcome = await store().importPeople(batch([{ id: 1, name: 'Back' }], { match: 'id' }));
      expect(outcome).toEqual({ ...counts(1, 0, 0), faults: [], writtenIds: [1] });
      expect(await findById(store(), 1)).toMatchObject({ name: 'Back', note: '' });
      expect(await store().countPeople()).toBe(1);
      const undelete = store().changePerson({ kind: 'undelete', id: 1 });
      await expect(undelete).rejects.toMatchObject({ code: 'PERSON_NOT_DELETED' });
    });

    it('is seen as one change, of those who were changed', async () => {
      await create(store(), { name: 'Same' });
      const start = await store().currentPosition();
      const people = [{ id: 1, name: 'Same' }, { name: 'A' }, { name: 'B' }];
      await store().importPeople(batch(people, { match: 'id' }));
      const { people: changed } = await store().readChanges(start, 10);
      expect(changed.map(({ id }) => id)).toEqual([2, 3]);
      expect(new Set(changed.map(({ revision }) => revision)).size).toBe(1);
      const position = await store().currentPosition();
      await store().importPeople(batch([{ id: 1, name: 'Same' }], { match: 'id' }));
      expect(await store().currentPosition()).toEqual(position);
    });

    it('of many people is one call', async () => {
      const people = Array.from({ length: 3000 }, (_, index) => ({
        externalId: `x${index}`,
        email: `p${index}@b.c`,
      }));
      const match = 'external-id';
      expect(await store().importPeople(batch(people, { match }))).toMatchObject(
        counts(3000, 0, 0),
      );
      expect(await store().importPeople(batch(people, { match }))).toMatchObject(
        counts(0, 0, 3000),
      );
      const renamed = people.map((fields) => ({ ...fields, name: 'New' }));
      expect(await store().importPeople(batch(renamed, { match: 'email' }))).toMatchObject(
        counts(0, 3000, 0),
      );
      expect(await store().countPeople()).toBe(3000);
    });

    it('whose signal is aborted beforehand does nothing, as after the store was closed', async () => {
      const reason = new Error('the caller is gone');
      const signal = AbortSignal.abort(reason);
      await expect(store().importPeople(batch([{}]), { signal })).rejects.toBe(reason);
      await expect(store().findImport('i', { signal })).rejects.toBe(reason);
      await expect(store().listImportFaults('i', -1, 1, { signal })).rejects.toBe(reason);
      expect(await listIds(store())).toEqual([]);
      const closed = store();
      await closed.close();
      const code = { code: 'STORE_CLOSED' };
      await expect(closed.importPeople(batch([{}]))).rejects.toMatchObject(code);
      await expect(closed.findImport('i')).rejects.toMatchObject(code);
      await expect(closed.listImportFaults('i', -1, 1)).rejects.toMatchObject(code);
    });
  });

  describe('a dry run of an import', () => {
    it('has the outcome of the import, and writes nothing', async () => {
      await create(store(), { id: 1, externalId: 'x' });
      const position = await store().currentPosition();
      const people = [{ externalId: 'x', name: 'New' }, { externalId: 'y' }, { name: ' ' }];
      const options = { match: 'external-id', faults: [faultAt(7)] } as const;
      const dry = await store().importPeople(batch(people, { ...options, dryRun: true }));
      expect(await listIds(store())).toEqual([1]);
      expect(await store().currentPosition()).toEqual(position);
      expect(await store().importPeople(batch(people, options))).toEqual(dry);
      expect(dry).toMatchObject(counts(1, 1, 0));
      expect(dry.faults).toHaveLength(2);
    });
  });

  describe('an import with an id', () => {
    const importId = 'i';

    it('is known by its progress and its faults', async () => {
      expect(await store().findImport(importId)).toBeUndefined();
      expect(await store().listImportFaults(importId, -1, 10)).toEqual([]);
      const first = { importId, match: 'id', faults: [faultAt(1)], committedAfter: 2 } as const;
      await store().importPeople(batch([{}], first));
      await create(store(), { id: 50 });
      const people = [{ id: 1, name: 'New' }, { id: 1, name: 'New' }, { id: 51 }, { name: ' ' }];
      await store().importPeople(batch(people, { importId, before: 2, match: 'id' }));
      const progress = { committed: 6, ...counts(2, 1, 1) };
      expect(await store().findImport(importId)).toEqual(progress);
      expect(await store().findImport('other')).toBeUndefined();
      const faults = await store().listImportFaults(importId, -1, 10);
      expect(faults).toMatchObject([
        { index: 1, code: 3, message: 'bad' },
        { index: 5, code: 3 },
      ]);
      expect(faults[1]?.violations).toMatchObject([{ field: 'name' }]);
    });

    it('lists its faults in pages', async () => {
      const faults = [3, 5, 8].map(faultAt);
      await store().importPeople(batch([], { importId, faults, committedAfter: 9 }));
      const page = async (after: number, limit: number) =>
        (await store().listImportFaults(importId, after, limit)).map(({ index }) => index);
      expect(await page(-1, 2)).toEqual([3, 5]);
      expect(await page(5, 2)).toEqual([8]);
      expect(await page(8, 2)).toEqual([]);
      const violations = [{ field: 'name', description: 'must not be empty' }];
      const fault = { ...faultAt(9), violations };
      const next = { importId, before: 9, faults: [fault], committedAfter: 10 };
      await store().importPeople(batch([], next));
      expect(await store().listImportFaults(importId, 8, 2)).toMatchObject([fault]);
    });

    it('goes on from where it is only, and then imports nothing', async () => {
      await store().importPeople(batch([{}, {}], { importId }));
      const conflict = { reason: 'aborted', code: 'IMPORT_CONFLICT' };
      for (const before of [0, 1, 3]) {
        const wrong = store().importPeople(batch([{}], { importId, before }));
        await expect(wrong).rejects.toMatchObject(conflict);
      }
      expect(await store().countPeople()).toBe(2);
      const both = [batch([{}], { importId, before: 2 }), batch([{}], { importId, before: 2 })];
      const results = await Promise.allSettled(both.map((one) => store().importPeople(one)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store().countPeople()).toBe(3);
      expect(await store().findImport(importId)).toMatchObject({ committed: 3, created: 3 });
    });

    if (!durable) return;

    it('is known after a restart, for 7 days after its last batch', async () => {
      const startMs = Date.now();
      const at = (ms: number) => reopen({ now: () => new Date(startMs + ms) });
      await at(0);
      const first = { importId, faults: [faultAt(0)], committedAfter: 1 };
      await store().importPeople(batch([], first));
      await at(IMPORT_LIFETIME_MS - 1);
      expect(await store().findImport(importId)).toMatchObject({ committed: 1 });
      expect(await store().listImportFaults(importId, -1, 10)).toHaveLength(1);
      await at(IMPORT_LIFETIME_MS);
      expect(await store().findImport(importId)).toBeUndefined();
      expect(await store().listImportFaults(importId, -1, 10)).toEqual([]);
      await store().importPeople(batch([{}], { importId }));
      expect(await store().findImport(importId)).toEqual({ committed: 1, ...counts(1, 0, 0) });
      expect(await store().listImportFaults(importId, -1, 10)).toEqual([]);
    });
  });
}
