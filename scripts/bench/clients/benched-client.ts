import type { Person } from '../../../gen/personguide/person_guide.js';

/** A client under test: each function makes calls of one kind and resolves when all have ended. */
export interface BenchedClient {
  /** Makes one call. */
  getPhone(id: number): Promise<unknown>;
  /** Resolves with the number of people that came. */
  listPersons(): Promise<number>;
  /** Resolves with the number of people that were recorded. */
  recordPersons(people: readonly Person[]): Promise<number>;
  /** Resolves with the number of phones that came. */
  routePhones(people: readonly Person[]): Promise<number>;
}

/** The kinds of calls, and the unit in which each is counted. */
export const KINDS = {
  getPhone: 'calls',
  listPersons: 'people',
  recordPersons: 'people',
  routePhones: 'people',
} as const;

export type Kind = keyof typeof KINDS;
