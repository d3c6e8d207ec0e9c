import { adress } from './store-messages.js';
import { connect, type Person } from '../index.js';
import { all } from '../test-support/outcome.js';
import { startServerProcess, type ServerProcess } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

const ROUNDS = 20;
const WRITERS = 6;
const PEOPLE_PER_CALL = 7;

/** What a client knows about each of its writes. */
interface Ledger {
  readonly recordings: Map<string, 'sent' | 'acknowledged'>;
  readonly users: Map<string, 'sent' | 'acknowledged'>;
}

it(`loses no acknowledged write and keeps no incomplete one in ${ROUNDS} kills`, async () => {
  using folder = temporaryFolder();
  const ledger: Ledger = { recordings: new Map(), users: new Map() };
  for (let round = 0; round < ROUNDS; round += 1) {
    await using server = await startServerProcess(['--store', folder.file('people.db')]);
    await expectLedgerKept(server, ledger);
    // At another moment in each round, beginning with the first write.
    await writeUntilKilled(server, ledger, `r${round}`, round * 3);
  }
  await using server = await startServerProcess(['--store', folder.file('people.db')]);
  await expectLedgerKept(server, ledger);
  expect(acknowledged(ledger.recordings)).toBeGreaterThan(100);
  expect(acknowledged(ledger.users)).toBeGreaterThan(100);
}, 120_000);

async function writeUntilKilled(
  server: ServerProcess,
  { recordings, users }: Ledger,
  prefix: string,
  killAfter: number,
): Promise<void> {
  await using client = connect(server.address, { retry: false });
  let left = killAfter;
  const kill = () => {
    left -= 1;
    if (left < 0) void server.kill('SIGKILL');
  };

  async function writer(
    ledger: Ledger['users'],
    kind: string,
    write: (name: string) => Promise<unknown>,
  ) {
    for (let turn = 0; ; turn += 1) {
      const name = `${prefix}-${kind}-${turn}`;
      ledger.set(name, 'sent');
      const writing = write(name);
      kill();
      try {
        await writing;
      } catch {
        return;
      }
      ledger.set(name, 'acknowledged');
    }
  }

  const writers = Array.from({ length: WRITERS }, (_, index) => [
    writer(recordings, `people${index}`, (name) => client.people.recordPersons(peopleOf(name))),
    writer(users, `user${index}`, (name) =>
      client.users.addUser({ firstName: name, lastName: 'Lee', email: `${name}@example.com` }),
    ),
  ]);
  await Promise.all(writers.flat());
  await server.exited;
}

function peopleOf(name: string): Partial<Person>[] {
  return Array.from({ length: PEOPLE_PER_CALL }, (_, index) => ({
    name,
    email: `${name}-${index}@example.com`,
    phones: [{ number: index.toString(), type: 0 }],
    adresses: [adress(`address of ${name}`)],
  }));
}

async function expectLedgerKept(server: ServerProcess, ledger: Ledger): Promise<void> {
  await using client = connect(server.address, { retry: false });
  const found = countByName((await all(client.people.listPersons({}))).map(({ name }) => name));
  const { users } = await client.users.getUser({});
  const foundUsers = countByName(users.map(({ firstName }) => firstName));
  expectEach(found, ledger.recordings, PEOPLE_PER_CALL);
  expectEach(foundUsers, ledger.users, 1);
}

/** Expects each acknowledged write as a whole, and each other one as a whole or not at all. */
function expectEach(
  found: ReadonlyMap<string, number>,
  ledger: ReadonlyMap<string, 'sent' | 'acknowledged'>,
  whole: number,
): void {
  const lost: string[] = [];
  for (const [name, state] of ledger) {
    const count = found.get(name) ?? 0;
    const expected = count === whole || (count === 0 && state === 'sent');
    if (!expected) lost.push(`${name} (${state}): ${count} of ${whole}`);
  }
  expect(lost).toEqual([]);
  expect([...found.keys()].filter((name) => !ledger.has(name))).toEqual([]);
}

function countByName(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function acknowledged(ledger: ReadonlyMap<string, string>): number {
  return [...ledger.values()].filter((state) => state === 'acknowledged').length;
}
