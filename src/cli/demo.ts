import type { Command } from 'commander';
import { Person, PhoneNumber, PhoneType } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personLine, phoneLine } from './format.js';
import { withSession, type Session } from './session.js';

const ADDRESS = 'my adress';

const people = ['Juan', 'Gabriel', 'Albert', 'Mark', 'Brian', 'Kevin'].map((name, index) =>
  Person.create({
    id: index + 1,
    name,
    email: `${name.toLowerCase()}@gmail.com`,
    phones: [
      { number: '1234', type: PhoneType.HOME },
      { number: '4321', type: PhoneType.WORK },
      { number: '4312', type: PhoneType.MOBILE },
    ],
    adresses: [{ name: ADDRESS }],
  }),
);

/** `personguide demo`: makes all calls of the tutorial's client. */
export function demoCommand(): Command {
  return clientCommand('demo', {
    summary: "make all calls of the tutorial's client",
    description:
      "make all calls of the tutorial's client: record six people, route their phones, get the " +
      `phone of each, list "${ADDRESS}". Replaces the people with ids 1 to 6.`,
    examples: ['personguide demo'],
  }).action((options: ClientOptions) =>
    withSession(options, async (session) => {
      await record(session);
      await route(session);
      await getPhones(session);
      await list(session);
    }),
  );
}

async function record({ directory, call, heading, print }: Session): Promise<void> {
  await heading(`RecordPersons: ${people.length} people`);
  const book = await directory.people.recordPersons(people, call);
  for (const person of book.people) await print(Person, person, personLine);
}

async function route({ directory, call, heading, print }: Session): Promise<void> {
  await heading('RoutePhones: the phones of each person');
  for await (const phone of directory.people.routePhones(people, call)) {
    await print(PhoneNumber, phone, phoneLine);
  }
}

async function getPhones({ directory, call, heading, print }: Session): Promise<void> {
  for (const person of people) {
    await heading(`GetPhone: ${person.name}`);
    await print(PhoneNumber, await directory.people.getPhone(person, call), phoneLine);
  }
}

async function list({ directory, call, heading, print }: Session): Promise<void> {
  await heading(`ListPersons: ${ADDRESS}`);
  for await (const person of directory.people.listPersons({ name: ADDRESS }, call)) {
    await print(Person, person, personLine);
  }
}
