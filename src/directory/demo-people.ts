import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import type { PeopleStore } from './store.js';

const names = [
  ...['Juan', 'Gabriel', 'Albert', 'Mark', 'Brian'],
  ...['Kevin', 'Ryan', 'May', 'Rosario', 'Argentina'],
];

/** The ten people of the tutorial, ids 1 to 10, each with three phones and `my adress`. */
const demoPeople: readonly Person[] = names.map((name, index) =>
  Person.fromPartial({
    name,
    id: index + 1,
    email: `${name.toLowerCase()}@gmail.com`,
    phones: [
      { number: '1234', type: PhoneType.HOME },
      { number: '4321', type: PhoneType.WORK },
      { number: '4312', type: PhoneType.MOBILE },
    ],
    adresses: [{ name: 'my adress' }],
  }),
);

/**
 * Records the tutorial's people unless the store already has people; resolves with the number of
 * people that it recorded.
 */
export async function recordDemoPeople(store: PeopleStore): Promise<number> {
  if (await store.hasPeople()) return 0;
  await store.recordPeople(demoPeople);
  return demoPeople.length;
}
