import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import { readPages } from '../../src/directory/pages.js';
import type { Store } from '../../src/directory/store.js';
import { openStore } from '../../src/store/open.js';
import { PEOPLE_PER_WRITE } from './load.js';

/** What the database has, compared with what was acknowledged. */
export interface Comparison {
  readonly found: number;
  /** Acknowledged writes that are not there, or not as a whole. */
  readonly lost: readonly string[];
  /** Writes that are there more than once. */
  readonly duplicates: readonly string[];
}

/** Compares the writes in a store with those that were acknowledged. */
export async function compare(url: string, acknowledged: ReadonlySet<string>): Promise<Comparison> {
  const store = await openStore(url);
  try {
    const counts = await countWrites(store);
    return {
      found: counts.size,
      lost: [...acknowledged].filter((name) => (counts.get(name) ?? 0) < 1),
      duplicates: [...counts].flatMap(([name, count]) => (count > 1 ? [name] : [])),
    };
  } finally {
    await store.close();
  }
}

/** How often each write is there: 1 for a user, and 1 for all people of a recording. */
async function countWrites(store: Store): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const add = (name: string, count: number): void => {
    counts.set(name, (counts.get(name) ?? 0) + count);
  };
  for await (const { messages } of readPages(1000, (page) => store.listPeople(page))) {
    for (const message of messages) add(Person.decode(message).name, 1 / PEOPLE_PER_WRITE);
  }
  const users = readPages(1000, (page) => store.listUsers({ ...page, verified: false }));
  for await (const { messages } of users) {
    for (const message of messages) add(UserRequest.decode(message).firstName, 1);
  }
  // Thirds do not add up to 1 exactly.
  return new Map([...counts].map(([name, count]) => [name, Math.round(count * 1000) / 1000]));
}
