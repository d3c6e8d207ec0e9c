import { connect, RpcError, type Directory } from '../../../src/index.js';
import type { Folder } from '../../../src/test-support/temporary-folder.js';
import { startTarget, type Target } from '../target.js';
import type { Trial, TrialGroup } from '../trial.js';

const PEOPLE = 100_000;
const USERS = 100_000;
const TIMEOUT_MS = 60_000;

/** A trial that makes legal calls with the client; fails if one of them fails. */
function trial(
  name: string,
  work: (directory: Directory) => Promise<unknown>,
  more: Partial<Trial> = {},
): Trial {
  return {
    name,
    ...more,
    run: async ({ address }: Target) => {
      await using directory = connect(address, { timeoutMs: TIMEOUT_MS });
      const startMs = performance.now();
      await work(directory);
      return `took ${Math.round(performance.now() - startMs)} ms`;
    },
  };
}

/** 10,000 people with 20 addresses each: 6.6 MB. */
function* largeRecording(): Generator<{ name: string; adresses: { name: string }[] }> {
  for (let person = 0; person < 10_000; person += 1) {
    const adresses = Array.from({ length: 20 }, (_, index) => ({
      name: `${person} Street number ${index}, Town ${person % 1000}`,
    }));
    yield { name: `Person ${person}`, adresses };
  }
}

function times(count: number, work: (index: number) => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

/** The directory with 100,000 users. */
async function startWithUsers(folder: Folder): Promise<Target> {
  const target = await startTarget(folder, { args: ['--log-level', 'warn'] });
  await using directory = connect(target.address, { timeoutMs: TIMEOUT_MS });
  const CALLERS = 100;
  await times(CALLERS, async (caller) => {
    for (let index = caller; index < USERS; index += CALLERS) {
      await directory.users.addUser({ firstName: 'Grace', email: `grace.${index}@example.org` });
    }
  });
  return target;
}

/** Resolves also if the response is too large, or the server has too much to do. */
async function orRefused(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const { codeName } = error as RpcError;
    if (!['RESOURCE_EXHAUSTED', 'UNAVAILABLE'].includes(codeName)) throw error;
  }
}

export const heavy: TrialGroup = {
  title: 'Legal requests that are heavy',
  trials: [
    trial(
      'a recording of 10,000 people with 20 addresses each, into 100,000 people',
      ({ people }) => people.recordPersons(largeRecording()),
      { people: PEOPLE, workMiB: 100 },
    ),
    trial(
      'the same into 1,000,000 people',
      ({ people }) => people.recordPersons(largeRecording()),
      { people: 1_000_000, workMiB: 100 },
    ),
    trial(
      'five of these recordings at the same time, into 1,000,000 people',
      ({ people }) => times(5, () => people.recordPersons(largeRecording())),
      { people: 1_000_000 },
    ),
    trial('20,000 calls of AddUser at the same time', async ({ users }) => {
      await times(20_000, (index) =>
        orRefused(users.addUser({ firstName: 'Grace', email: `grace.${index}@example.org` })),
      );
    }),
    trial(
      '4 calls of GetUser at the same time, of 100,000 users, which are too many',
      ({ users }) => times(4, () => orRefused(users.getUser({}))),
      { start: startWithUsers },
    ),
    trial(
      '1,000 calls of GetPhone by email at the same time',
      ({ people }) =>
        times(1000, (index) => people.getPhone({ email: `ada.${index + 1}@example.org` })),
      { people: PEOPLE },
    ),
    trial(
      '50 calls of BatchGetPersons for 1,000 people each',
      ({ people }) =>
        times(50, (index) =>
          people.batchGetPersons({
            keys: Array.from({ length: 1000 }, (_, key) => ({ id: index * 1000 + key + 1 })),
          }),
        ),
      { people: PEOPLE },
    ),
    trial(
      '100 searches for three words that everyone has',
      ({ people }) =>
        times(100, () =>
          orRefused(people.searchPersons({ query: 'ada lovelace town', pageSize: 100 })),
        ),
      { people: PEOPLE },
    ),
    trial(
      '100 searches for ten words with typos',
      ({ people }) =>
        times(100, (index) =>
          orRefused(
            people.searchPersons({
              query: `adda lovelaces twn exampel ogr ${index} lovlace aad lovelcae bda`,
            }),
          ),
        ),
      { people: PEOPLE },
    ),
    trial(
      '20 lists of 100,000 people at the same time',
      ({ people }) =>
        times(20, async () => {
          const listed = people.listPersons({});
          for await (const { id } of listed) if (id <= 0) throw new Error('a person without id');
        }),
      { people: PEOPLE, othersMs: 250 },
    ),
    trial(
      'an import of 100,000 people',
      async ({ people }) => {
        await people.importPeople(
          (function* () {
            for (let id = 1; id <= PEOPLE; id += 1) {
              yield { name: `Person ${id}`, email: `${id}@a.org` };
            }
          })(),
        );
      },
      { othersMs: 250 },
    ),
    trial(
      '200 watchers of 100,000 people',
      ({ people }) =>
        times(200, async () => {
          for await (const event of people.watch()) {
            if (event.snapshotComplete) break;
          }
        }),
      { people: PEOPLE },
    ),
  ],
};
