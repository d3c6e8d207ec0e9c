import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Adress, Person } from '../../gen/personguide/person_guide.js';
import type { Case, PreparedCase } from './case.js';
import { responseTo, connect, frames, type Connection } from './raw-client.js';
import { phonesOf, samplePerson, scatteredIds } from './sample-data.js';

export const LIST_PERSONS = '/personguide.PersonGuide/ListPersons';
const RECORD_PERSONS = '/personguide.PersonGuide/RecordPersons';
const ROUTE_PHONES = '/personguide.PersonGuide/RoutePhones';
const PEOPLE_PER_LOADING_CALL = 5_000;

export const EVERYONE = frames([Adress.encode(Adress.fromPartial({})).finish()]);

const listPersons: Case = {
  name: 'ListPersons',
  unit: 'people',
  setting: 'everyone, one call at a time',
  load: (port, { people }) => loadPeople(port, people),
  async prepare([port], { people }) {
    return prepareListPersons(port, people);
  },
};

const recordPersons: Case = {
  name: 'RecordPersons',
  unit: 'people',
  setting: 'new people, one call at a time',
  async prepare([port], { recordCalls, peoplePerRecordCall }) {
    const connection = await connect(port);
    let recorded = 0;
    return {
      oneBatchPerRound: true,
      next: () => {
        const requests = Array.from({ length: recordCalls }, () =>
          newPeople((recorded += peoplePerRecordCall) - peoplePerRecordCall, peoplePerRecordCall),
        );
        return async () => {
          for (const request of requests) await record(connection, request, peoplePerRecordCall);
          return recordCalls * peoplePerRecordCall;
        };
      },
      verify: () => list(connection, recorded),
      close: () => {
        connection.close();
      },
    };
  },
};

const routePhones: Case = {
  name: 'RoutePhones',
  unit: 'people',
  setting: 'known people, one call at a time',
  load: (port, { people }) => loadPeople(port, people),
  async prepare([port], { people, routed }) {
    const connection = await connect(port);
    const ids = scatteredIds(routed, people);
    const request = frames(ids.map((id) => Person.encode(Person.fromPartial({ id })).finish()));
    const phones = ids.reduce((sum, id) => sum + phonesOf(id), 0);
    return {
      oneBatchPerRound: false,
      next: () => async () => {
        const { messages } = await responseTo(connection, ROUTE_PHONES, request);
        expectCount('RoutePhones', messages, phones);
        return routed;
      },
      close: () => {
        connection.close();
      },
    };
  },
};

export const STREAM_CASES = [listPersons, recordPersons, routePhones];

/** Records the people 1 to `count` through the server's own RecordPersons. */
export async function loadPeople(
  port: number,
  count: number,
  personOf: (id: number) => Person = samplePerson,
): Promise<void> {
  const connection = await connect(port);
  for (let first = 1; first <= count; first += PEOPLE_PER_LOADING_CALL) {
    const length = Math.min(PEOPLE_PER_LOADING_CALL, count - first + 1);
    const people = Array.from({ length }, (_, index) => personOf(first + index));
    const request = frames(people.map((person) => Person.encode(person).finish()));
    await record(connection, request, length);
  }
  connection.close();
}

/** ListPersons on a server that has that many people. */
export async function prepareListPersons(port: number, people: number): Promise<PreparedCase> {
  const connection = await connect(port);
  return {
    oneBatchPerRound: false,
    next: () => async () => {
      await list(connection, people);
      return people;
    },
    close: () => {
      connection.close();
    },
  };
}

/** Resolves when the server has responded to a call. */
export async function probe(port: number): Promise<void> {
  const connection = await connect(port);
  try {
    await responseTo(
      connection,
      LIST_PERSONS,
      frames([Adress.encode(Adress.fromPartial({ name: 'Nowhere' })).finish()]),
    );
  } finally {
    connection.destroy();
  }
}

async function list(connection: Connection, expected: number): Promise<void> {
  const { messages } = await responseTo(connection, LIST_PERSONS, EVERYONE);
  expectCount('ListPersons', messages, expected);
}

async function record(connection: Connection, request: Buffer, expected: number): Promise<void> {
  const chunks: Buffer[] = [];
  const { messages } = await responseTo(connection, RECORD_PERSONS, request, (chunk) => {
    chunks.push(chunk);
  });
  expectCount('RecordPersons', messages, 1);
  expectCount('people in RecordPersons', countPeople(Buffer.concat(chunks).subarray(5)), expected);
}

/** Counts the people of an encoded AddressBook without decoding them. */
function countPeople(addressBook: Buffer): number {
  const reader = new BinaryReader(addressBook);
  let people = 0;
  for (; reader.pos < reader.len; people += 1) reader.skip(reader.tag()[1]);
  return people;
}

/** People without an id; no two numbers give the same email. */
function newPeople(firstNumber: number, count: number): Buffer {
  const people = Array.from({ length: count }, (_, index) => samplePerson(firstNumber + index));
  return frames(people.map((person) => Person.encode({ ...person, id: 0 }).finish()));
}

function expectCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} messages, ${expected} expected`);
}
