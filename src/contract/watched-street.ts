import { all } from '../test-support/outcome.js';
import { newPerson, unique, type Connected } from './connected.js';

/** A street of one case's own, where it can be seen who lives there. */
export function watchedStreet(connected: () => Connected) {
  let name = '';
  beforeEach(() => {
    name = unique('street');
  });
  const count = async () => (await all(connected().client.people.listPersons({ name }))).length;
  return {
    street: () => name,
    count,
    expectNothing: async () => {
      // A write that is still under way would be before this one, and so before the list.
      await connected().client.people.recordPersons([newPerson()]);
      expect(await count()).toBe(0);
    },
  };
}
