import { Adress } from '../../gen/personguide/person_guide.js';
import { connect, type Directory, type Person } from '../index.js';
import { all } from './outcome.js';
import { startServerProcess, type ServerProcess } from './program.js';
import { stateOf, statesOf, WriteLedger } from './write-ledger.js';

/** How servers are ended under load, one after the other, on one store. */
export interface KillPlan {
  readonly store: string;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly rounds: number;
  /** After how many writes that were begun a server is ended. */
  readonly writes: (round: number) => number;
}

/** What was there in the end. */
export interface KillReport {
  readonly acknowledged: number;
  /** One line for each write that is lost, there in part or twice; empty if all is well. */
  readonly problems: readonly string[];
}

/** Writers of each kind. */
const WRITERS = 3;
const PEOPLE_PER_CALL = 7;

/**
 * Records, imports, changes and deletes people and adds users while the server is ended, starts it
 * again, and compares what it has with what was acknowledged; ends early at the first problem.
 */
export async function runKillTrial(plan: KillPlan): Promise<KillReport> {
  const ledger = new WriteLedger();
  for (let round = 0; ; round += 1) {
    await using server = await startServerProcess(['--store', plan.store]);
    const problems = ledger.problems(await statesIn(server));
    if (problems.length > 0 || round === plan.rounds) {
      return { acknowledged: ledger.acknowledged, problems };
    }
    await writeUntilEnded(server, ledger, plan, round);
  }
}

async function writeUntilEnded(
  server: ServerProcess,
  ledger: WriteLedger,
  { signal, writes }: KillPlan,
  round: number,
): Promise<void> {
  await using client = connect(server.address, { retry: false });
  let left = writes(round);

  async function write(name: string, state: string, work: () => Promise<unknown>): Promise<void> {
    const writing = ledger.write(name, state, work);
    left -= 1;
    if (left === -1) void server.kill(signal);
    await writing;
  }

  const writers = Array.from({ length: WRITERS }, (_, index) =>
    Object.entries(kinds).map(([kind, turn]) =>
      untilRejected((count) => turn(client, write, `${kind} ${round}.${index}`, count)),
    ),
  );
  await Promise.all(writers.flat());
  await server.exited;
}

type Write = (name: string, state: string, work: () => Promise<unknown>) => Promise<void>;
type Turn = (client: Directory, write: Write, writer: string, count: number) => Promise<void>;

/** One turn of each kind of writer. */
const kinds: Readonly<Record<string, Turn>> = {
  recording: async ({ people }, write, writer, count) => {
    const name = `${writer}.${count}`;
    await write(name, stateOf(PEOPLE_PER_CALL), () => people.recordPersons(peopleOf(name)));
  },

  import: async ({ people }, write, writer, count) => {
    const name = `${writer}.${count}`;
    await write(name, stateOf(PEOPLE_PER_CALL), () =>
      people.importPeople(peopleOf(name), { resumeTimeoutMs: 1 }),
    );
  },

  user: async ({ users }, write, writer, count) => {
    const name = `${writer}.${count}`;
    const user = { firstName: name, email: `${name.replace(' ', '')}@example.com` };
    await write(name, stateOf(1), () => users.addUser(user));
  },

  change: async ({ people }, write, name, count) => {
    if (count === 0) {
      await write(name, stateOf(1), () =>
        people.createPerson({ person: { name, externalId: name } }),
      );
      return;
    }
    const { person } = await people.getPerson({
      key: { key: { $case: 'externalId', value: name } },
    });
    const title = `title ${count}`;
    await write(name, stateOf(1, title), () =>
      people.updatePerson({ person: { id: person.id, title } }),
    );
  },

  deletion: async ({ people }, write, writer, count) => {
    const name = `${writer}.${count}`;
    let id: number | undefined;
    await write(name, stateOf(1), async () => {
      id = (await people.createPerson({ person: { name } })).person.id;
    });
    await write(name, stateOf(0), () => people.deletePerson({ id }));
  },
};

async function untilRejected(turn: (count: number) => Promise<void>): Promise<void> {
  for (let count = 0; ; count += 1) {
    try {
      await turn(count);
    } catch {
      return;
    }
  }
}

function peopleOf(name: string): Partial<Person>[] {
  return Array.from({ length: PEOPLE_PER_CALL }, (_, index) => ({
    name,
    email: `${index}@example.com`,
    phones: [{ number: index.toString(), type: 0 }],
    adresses: [Adress.fromPartial({ name: `address of ${name}` })],
  }));
}

async function statesIn(server: ServerProcess): Promise<Map<string, string>> {
  await using client = connect(server.address, { retry: false });
  const people = await all(client.people.listPersons({}));
  const { users } = await client.users.getUser({});
  return statesOf([
    ...people.map(({ name, title }) => ({ name, change: title })),
    ...users.map(({ firstName }) => ({ name: firstName })),
  ]);
}
