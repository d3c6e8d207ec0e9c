import { connect, type PersonInput } from '../../../src/index.js';
import { samplePerson } from '../sample-data.js';

/** Loads people who are new to the directory, and resolves with their number. */
export type Load = () => Promise<number>;

/** The ways to load people, and how many people each loads at a time. */
export const WAYS = {
  'recordPersons, one person a call': 200,
  'recordPersons, one person a message': 5_000,
  importPeople: 20_000,
} as const;

export type Way = keyof typeof WAYS;

/** Whether a kind of call is a way to load people. */
export function isWay(kind: string): kind is Way {
  return Object.hasOwn(WAYS, kind);
}

/** Prepares a way to load people into the directory at that port. */
export function loadBy(way: Way, port: number): Load {
  const { people } = connect(`127.0.0.1:${port}`, { timeoutMs: 60_000 });
  const some = newPeople(WAYS[way]);
  const loads: Record<Way, Load> = {
    'recordPersons, one person a call': async () => {
      for (const person of some) await people.recordPersons([person]);
      return some.length;
    },
    'recordPersons, one person a message': async () =>
      (await people.recordPersons(some)).people.length,
    importPeople: async () => (await people.importPeople(some)).created,
  };
  return loads[way];
}

function newPeople(count: number): PersonInput[] {
  return Array.from({ length: count }, (_, index) => ({ ...samplePerson(index + 1), id: 0 }));
}
