import type { SharedWrites } from '../../contract/shared-store-writer.js';
import { decoded, listUserIds } from '../../contract/store-messages.js';
import type { Store } from '../../directory/store.js';
import { bundleStoreWriter, startStoreWriter } from '../../test-support/store-writer.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { holdStore, openStore } from '../open.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

const PROCESSES = 2;
const ROUNDS = 60;

describe('A SQLite file that processes share', () => {
  it('has what all of them write, once, in one order of changes', async () => {
    using folder = temporaryFolder();
    const file = folder.file('people.db');
    bundleStoreWriter(folder.file('writer.cjs'), 'src/contract/shared-store-writer.ts');
    const held = await holdStore(file);
    const store = await openStore(file, { shared: true });
    const seen = followChanges(store);

    const writers = Array.from({ length: PROCESSES }, () =>
      startStoreWriter(folder.file('writer.cjs'), file),
    );
    const printed = await Promise.all(writers.map((writer) => writer.until(1)));
    const writes = printed.map(([line = '']) => JSON.parse(line) as SharedWrites);
    await Promise.all(writers.map(({ exited }) => exited));

    const people = writes.flatMap((each) => each.people);
    const common = writes[0]?.common ?? [];
    expect(writes.map((each) => each.common)).toEqual(writes.map(() => common));
    expect(new Set([...people, ...common]).size).toBe((2 * PROCESSES + 1) * ROUNDS);
    expect(writes.reduce((sum, { taken }) => sum + taken, 0)).toBe((PROCESSES - 1) * ROUNDS);
    expect(await listUserIds(store, false)).toEqual(
      writes.flatMap(({ users }) => users).sort((a, b) => a - b),
    );
    const all = [...people, ...common].sort((a, b) => a - b);
    await seen.until(all.length);
    expect([...seen.ids].sort((a, b) => a - b)).toEqual(all);
    expect(await store.countPeople()).toBe(all.length);
    await store.close();
    await held.close();

    // The last one leaves a complete file.
    const alone = await openSqliteStore(file);
    const { people: changes } = await alone.readChanges({ revision: 0, id: 0 }, 1000);
    expect(changes).toHaveLength(all.length);
    const revisions = changes.map(({ message }) => decoded(message)?.etag);
    expect(new Set(revisions).size).toBe((PROCESSES + 1) * ROUNDS);
    await alone.close();
  });

  it('is not opened by another server while it is held, and can be as soon as it is not', async () => {
    using folder = temporaryFolder();
    const file = folder.file('people.db');
    const held = await holdStore(file);
    const store = await openStore(file, { shared: true });
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await expect(holdStore(file)).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: `cannot open ${file}: another process has it open; stop that one or name another file`,
    });
    await store.close();
    await held.close();
    await (await openStore(file)).close();
  });

  it('cannot be memory', async () => {
    await expect(holdStore(':memory:')).rejects.toMatchObject({ code: 'CANNOT_OPEN_STORE' });
  });
});

/** Reads all changes as a listener is called. */
function followChanges(store: Store): {
  readonly ids: ReadonlySet<number>;
  until(count: number): Promise<void>;
} {
  const ids = new Set<number>();
  let after = { revision: 0, id: 0 };
  let reading = Promise.resolve();
  let wake: (() => void) | undefined;
  const stop = store.onChange(() => {
    reading = reading.then(readAll);
  });

  async function readAll(): Promise<void> {
    for (let done = false; !done;) {
      const page = await store.readChanges(after, 100);
      for (const { id } of page.people) ids.add(id);
      after = page.position;
      done = page.done;
    }
    wake?.();
  }

  return {
    ids,
    until: async (count) => {
      while (ids.size < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await reading;
      stop();
    },
  };
}
