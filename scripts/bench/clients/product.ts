import { connect } from '../../../src/index.js';
import type { BenchedClient } from './benched-client.js';

/** The product's client, used as its documentation shows. */
export function connectProduct(port: number): BenchedClient {
  const { people: directory } = connect(`127.0.0.1:${port}`);
  return {
    getPhone: (id) => directory.getPhone({ id }),
    listPersons: () => countMessages(directory.listPersons({})),
    recordPersons: async (people) => (await directory.recordPersons(people)).people.length,
    routePhones: (people) => countMessages(directory.routePhones(people)),
  };
}

async function countMessages(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const message of messages) if (message !== undefined) count += 1;
  return count;
}
