import type { Command } from 'commander';
import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personView, phoneLine, phoneView } from './format.js';
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

async function record({ directory, call, heading, printAll }: Session): Promise<void> {
  await heading(`RecordPersons: ${people.length} people`);
  const book = await directory.people.recordPersons(people, call);
  await printAll(personView, book.people);
}

async function route({ directory, call, heading, printAll }: Session): Promise<void> {
  await heading('RoutePhones: the phones of each person');
  await printAll(phoneView, directory.people.routePhones(people, call));
}

async function getPhones({ directory, call, heading, print }: Session): Promise<void> {
  for (const person of people) {
    await heading(`GetPhone: ${person.name}`);
    const phone = await directory.people.getPhone(person, call);
    await print(phoneView.json(phone), phoneLine(phone));
  }
}

async function list({ directory, call, heading, printAll }: Session): Promise<void> {
  await heading(`ListPersons: ${ADDRESS}`);
  await printAll(personView, directory.people.listPersons({ name: ADDRESS }, call));
}
