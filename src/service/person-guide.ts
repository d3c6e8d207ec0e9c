import { Person, type PersonGuideServer } from '../../gen/personguide/person_guide.js';
import { getPhone, listPeople, Recording, routePhones } from '../directory/people.js';
import type { Store } from '../directory/store.js';
import { wireBytes, type Rpc } from '../rpc/index.js';
import { onceOf } from './once.js';

/** The PersonGuide service on a store; proto/personguide/person_guide.proto says what each call means. */
export function personGuide(store: Store, rpc: Rpc): PersonGuideServer {
  return {
    getPhone: rpc.unary((person) => getPhone(store, person, {})),

    listPersons: rpc.serverStream((adress, { signal }) => listPeople(store, adress, { signal })),

    recordPersons: rpc.clientStream(async (people, call) => {
      const recording = new Recording(store);
      const once = onceOf(call);
      let receivedBytes = 0;
      for await (const batch of people.batches()) {
        for (const person of batch) {
          receivedBytes += wireBytes(person);
          once?.add(Person.encode(person).finish());
        }
        recording.add(batch, receivedBytes);
      }
      return recording.commit({ idempotencyKey: once?.finish(), signal: call.signal });
    }),

    routePhones: rpc.bidiStream(async function* (people, { signal }) {
      let routed = 0;
      for await (const batch of people.batches()) {
        yield* routePhones(store, batch, routed, { signal });
        routed += batch.length;
      }
    }),
  } satisfies PersonGuideServer;
}
