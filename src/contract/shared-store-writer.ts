import { DirectoryError } from '../directory/errors.js';
import type { Store } from '../directory/store.js';
import { openStore } from '../store/open.js';
import { add, person, record } from './store-messages.js';
import { AddressBook } from '../../gen/personguide/person_guide.js';

/** What one of several processes has written; see the program below. */
export interface SharedWrites {
  /** The ids of users whom it has added. */
  readonly users: readonly number[];
  /** How many emails were those of another process's users. */
  readonly taken: number;
  /** The ids of people whom it alone has recorded, in order of its calls. */
  readonly people: readonly number[];
  /** The ids that the writes with the keys of all processes have resolved with. */
  readonly common: readonly number[];
}

const ROUNDS = 60;

/**
 * A program that shares the store named by its argument with others that do the same: in each round
 * it adds a user with an email that all use, records people of its own, and records a person with an
 * idempotency key that all use. It prints the SharedWrites as JSON.
 */
async function main(url: string): Promise<void> {
  const store = await openStore(url, { shared: true });
  const rounds: Awaited<ReturnType<typeof write>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await write(store, round));
  await store.close();
  const users = rounds.flatMap(({ userId }) => userId ?? []);
  const writes: SharedWrites = {
    users,
    taken: ROUNDS - users.length,
    people: rounds.flatMap(({ people }) => people),
    common: rounds.map(({ common }) => common),
  };
  console.log(JSON.stringify(writes));
}

async function write(
  store: Store,
  round: number,
): Promise<{ userId: number | undefined; people: number[]; common: number }> {
  const [userId, recorded, common] = await Promise.all([
    addUser(store, `user${round}@example.com`),
    record(store, person(), person()),
    store.recordPeople([person({ name: `Common ${round}` })], {
      idempotencyKey: { key: `common ${round}`, method: '/test', digest: String(round) },
    }),
  ]);
  // What was acknowledged here can be read here.
  const found = await store.findPeople(recorded.map(({ id }) => ({ id })));
  if (found.includes(undefined)) throw new Error('a person who was recorded was not found');
  return {
    userId,
    people: recorded.map(({ id }) => id),
    common: AddressBook.decode(common).people[0]?.id ?? 0,
  };
}

async function addUser(store: Store, email: string): Promise<number | undefined> {
  try {
    return (await add(store, { email })).id;
  } catch (error) {
    if (error instanceof DirectoryError && error.code === 'EMAIL_TAKEN') return undefined;
    throw error;
  }
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
