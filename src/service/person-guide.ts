import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { getPhone, listPeople, Recording, routePhones } from '../directory/people.js';
import type { Store } from '../directory/store.js';
import { service, type Service } from '../rpc/index.js';

/** The PersonGuide service on a store; proto/personguide/person_guide.proto defines each call. */
export function personGuide(store: Store): Service {
  return service(PersonGuideDefinition, {
    getPhone: (person, { cancellation: signal }) => getPhone(store, person, { signal }),

    listPersons: (adress, { cancellation: signal }) => listPeople(store, adress, { signal }),

    recordPersons: async (people, call) => {
      const recording = new Recording(store);
      for await (const batch of people.batches()) recording.add(batch, call.receivedBytes);
      const { idempotencyKey, cancellation: signal } = call;
      return recording.commit({ idempotencyKey, signal });
    },

    routePhones: async function* (people, { cancellation: signal }) {
      let routed = 0;
      for await (const batch of people.batches()) {
        yield* routePhones(store, batch, routed, { signal });
        routed += batch.length;
      }
    },

    getPerson: pending,
    batchGetPersons: pending,
    createPerson: pending,
    updatePerson: pending,
    deletePerson: pending,
    undeletePerson: pending,
    queryPersons: pending,
    searchPersons: pending,
    watchPersons: pending,
    importPersons: pending,
  });
}

function pending(): never {
  throw new Error('being built');
}
