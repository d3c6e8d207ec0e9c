import {
  ImportPersonsRequest,
  Person,
  PersonGuideDefinition,
} from '../../gen/personguide/person_guide.js';
import type { ChangeHub } from '../directory/change-hub.js';
import { importPeople, type ImportDecoder } from '../directory/import.js';
import {
  createPerson,
  deletePerson,
  undeletePerson,
  updatePerson,
} from '../directory/people-changes.js';
import { batchGetPersons, getPerson, queryPeople } from '../directory/people-query.js';
import {
  getPhone,
  listPeople,
  Recording,
  routePhones,
  type ListOptions,
} from '../directory/people.js';
import { searchPage } from '../directory/search-page.js';
import type { Store } from '../directory/store.js';
import { watchPeople } from '../directory/watch.js';
import { decodeMessage, service, type Call, type Service } from '../rpc/index.js';
import { importContext, writeContext } from './write-context.js';

const decodePerson = (bytes: Uint8Array): Person => decodeMessage(Person, bytes) as Person;

const decodeImport: ImportDecoder = {
  request: (bytes) => decodeMessage(ImportPersonsRequest, bytes) as ImportPersonsRequest,
  person: decodePerson,
};

/** The PersonGuide service on a store; proto/personguide/person_guide.proto defines each call. */
export function personGuide(store: Store, hub: ChangeHub): Service {
  return service(PersonGuideDefinition, {
    getPhone: (person, { cancellation: signal }) => getPhone(store, person, { signal }),

    listPersons: (adress, call) => listPeople(store, adress, listOptions(call)),

    recordPersons: async (people, call) => {
      const recording = new Recording(store, decodePerson);
      for await (const batch of people.encodedBatches()) {
        await recording.add(batch, call.receivedBytes);
      }
      return recording.commit(writeContext(call));
    },

    routePhones: async function* (people, { cancellation: signal }) {
      let routed = 0;
      for await (const batch of people.batches()) {
        yield* routePhones(store, batch, routed, { signal });
        routed += batch.length;
      }
    },

    getPerson: (request, { cancellation: signal }) => getPerson(store, request, { signal }),

    batchGetPersons: (request, { cancellation: signal }) =>
      batchGetPersons(store, request, { signal }),

    createPerson: (request, call) => createPerson(store, request, writeContext(call)),

    updatePerson: (request, call) => updatePerson(store, request, writeContext(call)),

    deletePerson: (request, call) => deletePerson(store, request, writeContext(call)),

    undeletePerson: (request, call) => undeletePerson(store, request, writeContext(call)),

    queryPersons: (request, { cancellation: signal }) => queryPeople(store, request, { signal }),

    searchPersons: (request, { cancellation: signal }) => searchPage(store, request, { signal }),

    watchPersons: (request, call) => watchPeople(store, hub, request, listOptions(call)),

    importPersons: (requests, call) =>
      importPeople(store, requests.encodedBatches(), decodeImport, importContext(call)),
  });
}

function listOptions(call: Call): ListOptions {
  return { signal: call.cancellation, pageBytes: () => call.pageBytes };
}
