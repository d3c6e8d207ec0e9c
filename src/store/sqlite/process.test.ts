import { UserRequest } from '../../../gen/grpcUser/user.js';
import { Person } from '../../../gen/personguide/person_guide.js';
import { allPages } from '../../contract/store-messages.js';
import type { Child } from '../../test-support/child.js';
import { bundleStoreWriter, startStoreWriter } from '../../test-support/store-writer.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { openSqliteStore } from './sqlite-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

describe('SQLite store and other processes', () => {
  let folder: Folder;
  let file: string;
  const writers: Child[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('people.db');
    bundleStoreWriter(folder.file('writer.cjs'));
  });

  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.kill('SIGKILL')));
    folder[Symbol.dispose]();
  });

  /** Starts a writer process (contract/store-writer.ts). */
  function start(limits?: readonly string[]): Child {
    const writer = startStoreWriter(folder.file('writer.cjs'), file, limits);
    writers.push(writer);
    return writer;
  }

  it('reject a second process with one line that names the file, and go on undisturbed', async () => {
    const store = await openSqliteStore(file);
    const [line] = await start().until(2);
    expect(line).toBe(
      `failed STORE_IN_USE cannot open ${file}: another process has it open; ` +
        'stop that one or name another file',
    );
    await store.addUser(UserRequest.fromPartial({ firstName: 'a', lastName: 'b' }));
    await store.close();
  });

  it('accept another process after the store was closed', async () => {
    await (await openSqliteStore(file)).close();
    expect((await start().until(2))[0]).toBe('open');
  });

  it('reject this process while another one has the file open', async () => {
    await start().until(1);
    await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  });

  it('lose no acknowledged write and keep no incomplete one when they are killed', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const writer = start();
      await writer.until(150 + 77 * round);
      await writer.kill('SIGKILL');
      acknowledged.push(...writer.lines.filter((line) => line !== 'open'));
      await expectStored(file, acknowledged);
    }
    expect(acknowledged.length).toBeGreaterThan(600);
  });

  it('fail clearly when the disk is full, and keep exactly the acknowledged writes', async () => {
    // The limit acts on each file; SQLite writes the WAL first.
    const printed = await start(['sh', '-c', 'ulimit -f 1000; exec "$@"', 'sh']).until(Infinity);
    expect(printed.at(-1)).toBe('failed STORE_IO_ERROR the disk of the store failed');
    const acknowledged = printed.slice(1, -1);
    expect(acknowledged.length).toBeGreaterThan(20);
    await expectStored(file, acknowledged);
  });
});

/** Expects each acknowledged write, and no incomplete one. */
async function expectStored(file: string, acknowledged: readonly string[]): Promise<void> {
  const store = await openSqliteStore(file);
  const people = await allPages(500, (page) => store.listPeople(page));
  const users = await allPages(500, (page) => store.listUsers({ ...page, verified: false }));
  await store.close();

  const peopleOf = new Map<string, number>();
  for (const message of people.flatMap(({ messages }) => messages)) {
    const { name } = Person.decode(message);
    peopleOf.set(name, (peopleOf.get(name) ?? 0) + 1);
  }
  expect([...peopleOf].filter(([, count]) => count !== 3)).toEqual([]);

  const stored = new Set([...peopleOf.keys()].map((name) => `people ${name}`));
  for (const message of users.flatMap(({ messages }) => messages)) {
    stored.add(`user ${UserRequest.decode(message).firstName}`);
  }
  expect(acknowledged.filter((write) => !stored.has(write))).toEqual([]);
}
