import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { credentials } from '@grpc/grpc-js';
import { Adress, Person, PersonGuideClient } from '../../../gen/personguide/person_guide.js';
import type { AddressBook } from '../../../gen/personguide/person_guide.js';
import type { BenchedClient } from './benched-client.js';

/** The generated stub without a wrapper; its events cost less than `for await`. */
export function connectStub(port: number): BenchedClient {
  const stub = new PersonGuideClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    getPhone: (id) =>
      new Promise((resolve, reject) => {
        stub.getPhone(Person.fromPartial({ id }), (error, phone) => {
          if (error) reject(error);
          else resolve(phone);
        });
      }),
    listPersons: () => countMessages(stub.listPersons(Adress.fromPartial({}))),
    recordPersons: (people) =>
      new Promise((resolve, reject) => {
        const call = stub.recordPersons((error: Error | null, book?: AddressBook) => {
          if (error) reject(error);
          else resolve(book?.people.length ?? 0);
        });
        writeAll(call, people).catch(reject);
      }),
    async routePhones(people) {
      const call = stub.routePhones();
      const [phones] = await Promise.all([countMessages(call), writeAll(call, people)]);
      return phones;
    },
  };
}

function countMessages(call: NodeJS.ReadableStream): Promise<number> {
  return new Promise((resolve, reject) => {
    let messages = 0;
    call.on('data', () => (messages += 1));
    call.on('end', () => {
      resolve(messages);
    });
    call.on('error', reject);
  });
}

async function writeAll(
  call: Writable & { write(person: Person): boolean },
  people: readonly Person[],
): Promise<void> {
  for (const person of people) if (!call.write(person)) await once(call, 'drain');
  call.end();
}
