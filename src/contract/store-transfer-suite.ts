import type { Store, StoreBatch } from '../directory/store.js';
import { addKey, revokeKey } from '../directory/keys.js';
import { copyStore } from '../store/copy.js';
import { openStore } from '../store/open.js';
import {
  adress,
  add,
  change,
  create,
  decoded,
  findById,
  listIds,
  listUserIds,
  person,
  record,
  remove,
  user,
} from './store-messages.js';
import type { StoreCase } from './store-suite.js';

const KEY = { key: 'k', method: '/grpcUser.UserService/AddUser', digest: 'same' };

/** Copying everything from one store to another. */
export function transferCases({ store }: StoreCase): void {
  describe('copies', () => {
    let other: Store;

    beforeEach(async () => {
      other = await openStore(':memory:');
    });

    afterEach(async () => {
      await other.close();
    });

    /** Fills a store with everything that it can hold, ids with gaps included. */
    async function fill(target: Store): Promise<void> {
      const people = Array.from({ length: 2300 }, (_, index) =>
        person({ email: `p${index}@b.c`, adresses: [adress(`Place ${index % 7}`)] }),
      );
      await record(
        target,
        ...people,
        person({ id: 5000, adresses: [adress('Far'), adress('Near')] }),
      );
      await record(target, person({ id: 2500, name: 'Late' }));
      for (const verified of [true, false, true]) await add(target, { verified });
      await add(target, { email: 'Straße@b.c' });
      await target.addUser(user(), { idempotencyKey: KEY });
      await target.recordPeople([person()], { idempotencyKey: { ...KEY, method: '/a', key: 'é' } });
      const request = { name: 'orders', scopes: ['people:read'], expiresAtMs: undefined };
      await addKey(target, request, new Date(1));
      await revokeKey(target, 'orders', new Date(2));
      await addKey(target, { ...request, expiresAtMs: 4 }, new Date(3));
    }

    async function expectFilled(target: Store): Promise<void> {
      expect(await listIds(target)).toHaveLength(2303);
      expect(await listIds(target, 'place 3')).toHaveLength(329);
      expect(await listIds(target, 'near')).toEqual([5000]);
      expect(await findById(target, 2500)).toMatchObject({ name: 'Late' });
      expect(await listUserIds(target, true)).toEqual([1, 3]);
      expect(await target.findUser({ email: 'STRASSE@b.c' })).toBeDefined();
      expect(await target.findResult(KEY)).toBeDefined();
      expect(await target.listKeys()).toMatchObject([{ revokedAtMs: 2 }, { expiresAtMs: 4 }]);
      expect((await record(target, person()))[0]?.id).toBe(7302);
      expect((await add(target)).id).toBe(6);
    }

    it('to another store have everything: ids, addresses, users, results, next ids', async () => {
      await fill(store());
      const { digest, ...counts } = await copyStore(store(), other);
      expect(counts).toEqual({ people: 2303, users: 5, results: 2 });
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await contentOf(other)).toEqual(await contentOf(store()));
      await expectFilled(other);
    });

    it('from another store have everything: ids, addresses, users, results, next ids', async () => {
      await fill(other);
      const { digest } = await copyStore(other, store());
      expect(await contentOf(store())).toEqual(await contentOf(other));
      expect(digest).not.toBe('');
      await expectFilled(store());
    });

    it('of an empty store are empty', async () => {
      const { people, users, results } = await copyStore(store(), other);
      expect([people, users, results]).toEqual([0, 0, 0]);
      expect((await record(other, person()))[0]?.id).toBe(1);
    });

    it('into a store with people or users are rejected', async () => {
      await add(other);
      await record(store(), person());
      await expect(copyStore(other, store())).rejects.toMatchObject({
        reason: 'conflict',
        code: 'STORE_NOT_EMPTY',
      });
      expect(await listUserIds(store(), false)).toEqual([]);
    });

    it('that fail on the way write nothing', async () => {
      await fill(other);
      const broken = async function* (): AsyncGenerator<StoreBatch, void, undefined> {
        for await (const batch of other.exportAll()) {
          yield batch;
          if (batch.kind === 'users') throw new Error('the source is gone');
        }
      };
      await expect(store().importAll(broken())).rejects.toThrow('the source is gone');
      expect(await listIds(store())).toEqual([]);
      expect((await record(store(), person()))[0]?.id).toBe(1);
    });

    it('are cancelled by their signal between batches, and write nothing then', async () => {
      await fill(other);
      const controller = new AbortController();
      const reason = new Error('interrupted');
      const onProgress = (): void => {
        controller.abort(reason);
      };
      const copying = copyStore(other, store(), { signal: controller.signal, onProgress });
      await expect(copying).rejects.toBe(reason);
      expect(await store().hasPeople()).toBe(false);
    });

    it('report their progress, first of writing and then of checking', async () => {
      await fill(store());
      const steps: [string, number][] = [];
      await copyStore(store(), other, {
        onProgress: (step, { people }) => steps.push([step, people]),
      });
      expect(steps[0]).toEqual(['copied', 1000]);
      expect(steps.at(-1)).toEqual(['checked', 2303]);
    });

    it('are checked: a difference to the source is an error', async () => {
      await record(store(), person(), person());
      const altered: Store = {
        ...other,
        importAll: async (batches, options) => {
          await other.importAll(batches, options);
          await record(other, person({ id: 1, name: 'Altered' }));
        },
      };
      await expect(copyStore(store(), altered)).rejects.toMatchObject({ code: 'COPY_DIFFERS' });
    });
  });
}

/** Copying what changes and imports have left. */
export function fullTransferCases({ store }: StoreCase): void {
  describe('copies of a store with changes and imports', () => {
    let other: Store;

    beforeEach(async () => {
      other = await openStore(':memory:');
    });

    afterEach(async () => {
      await other.close();
    });

    const later = () => new Date(Date.now() + 1000);
    const fields = {
      externalId: 'x',
      labels: ['Friend'],
      emails: [{ address: 'further@b.c', label: '' }],
    };

    async function fill(target: Store): Promise<void> {
      await record(target, ...Array.from({ length: 1100 }, () => person()));
      await create(target, { name: 'Purged' });
      await remove(target, 1101);
      await target.purgeDeleted(later(), 10);
      await create(target, { name: 'Gone', email: 'gone@b.c', externalId: 'gone' });
      await remove(target, 1102);
      await create(target, { name: 'Full', ...fields });
      const faults = [0, 1].map((index) => ({ index, code: 3, message: 'bad', violations: [] }));
      const batch = { match: 'id', dryRun: false, importId: 'i', committedBefore: 0 } as const;
      const people = [{ index: 2, person: person({ name: 'Imported' }) }];
      await target.importPeople({ ...batch, people, faults, committedAfter: 3 });
      await target.importPeople({ ...batch, importId: 'j', people: [], faults, committedAfter: 2 });
    }

    async function expectFilled(target: Store, source: Store): Promise<void> {
      const lookups = [{ externalId: 'x' }, { email: 'further@b.c' }, { externalId: 'gone' }];
      const found = await target.lookUpPeople(lookups, { showDeleted: true });
      expect(found.map((message) => decoded(message)?.id)).toEqual([1103, 1103, 1102]);
      const labelled = { labelKey: 'friend', order: 'id', position: undefined, limit: 9 } as const;
      const { messages } = await target.queryPeople({ ...labelled, showDeleted: false });
      expect(messages.map((message) => decoded(message)?.name)).toEqual(['Full']);
      expect(await target.countPeople()).toBe(1102);
      const position = await source.currentPosition();
      expect(await target.currentPosition()).toEqual(position);
      const after = { revision: position.revision - 3, id: 0 };
      expect(await target.readChanges(after, 10)).toEqual(await source.readChanges(after, 10));
      const code = { code: 'SYNC_TOKEN_EXPIRED' };
      await expect(target.readChanges({ revision: 1, id: 0 }, 1)).rejects.toMatchObject(code);
      expect(await target.findImport('i')).toEqual(await source.findImport('i'));
      expect(await target.listImportFaults('j', 0, 9)).toMatchObject([{ index: 1 }]);
      const back = await change(target, { kind: 'undelete', id: 1102 });
      expect(back).toMatchObject({ name: 'Gone', id: 1102 });
      expect(await target.purgeDeleted(later(), 10)).toBe(0);
    }

    it('have everything in another store', async () => {
      await fill(store());
      await copyStore(store(), other);
      expect(await contentOf(other)).toEqual(await contentOf(store()));
      await expectFilled(other, store());
    });

    it('have everything from another store', async () => {
      await fill(other);
      await copyStore(other, store());
      expect(await contentOf(store())).toEqual(await contentOf(other));
      await expectFilled(store(), other);
    });

    it('are not made into a store with deleted people', async () => {
      await create(store());
      await remove(store(), 1);
      await expect(copyStore(other, store())).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' });
    });
  });
}

/** Everything in a store, whatever the size of its batches. */
async function contentOf(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of store.exportAll()) lines.push(...linesOf(batch));
  return lines;
}

function linesOf(batch: StoreBatch): string[] {
  switch (batch.kind) {
    case 'people':
    case 'deleted-people':
    case 'users':
      return batch.messages.map((message) => `${batch.kind} ${hex(message)}`);
    case 'results':
      return batch.results.map((kept) => {
        const { keptAs, bytes } = kept.result;
        return JSON.stringify({ ...kept, result: [keptAs, hex(bytes)] });
      });
    case 'imports':
      return batch.imports.map((kept) => JSON.stringify(kept, Object.keys(kept).toSorted()));
    case 'import-faults':
      return batch.faults.map((kept) => JSON.stringify(kept));
    case 'keys':
      return batch.keys.map((key) => {
        const { id, name, scopes, secretHash, createdAtMs, expiresAtMs, revokedAtMs } = key;
        const times = [createdAtMs, expiresAtMs, revokedAtMs];
        return JSON.stringify([id, name, scopes, hex(secretHash), ...times]);
      });
    case 'counters':
      return [JSON.stringify([batch.freePersonIds, batch.firstFreeUserId, batch.revisions])];
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
