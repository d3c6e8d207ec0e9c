import { BinaryReader } from '@bufbuild/protobuf/wire';
import { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import { Adress, Person } from '../../gen/personguide/person_guide.js';
import { callAll, responseTo, connect, frames, type Connection } from './raw-client.js';
import { phonesOf, samplePerson, sampleUser, sampleUserKey, scatteredIds } from './sample-data.js';

/** How many people, users and calls; small numbers for `--quick`. */
export interface Sizes {
  readonly people: number;
  readonly users: number;
  readonly calls: number;
  readonly routed: number;
  readonly recordCalls: number;
  readonly peoplePerRecordCall: number;
}

/** Sends one batch to a server, checks the responses, and resolves with its number of operations. */
export type Batch = () => Promise<number>;

/** A case on one server that is ready for it. */
export interface PreparedCase {
  /** Prepares the next batch, which is then timed. */
  next(): Batch;
  /** True for writes, whose batches are new data each. Reads repeat a batch for a whole round. */
  readonly oneBatchPerRound: boolean;
  /** After the last round, checks that all writes are stored. */
  verify?(): Promise<void>;
  close(): void;
}

/** The port of each server; a case that makes one call at a time uses the first. */
export type Ports = readonly [number, ...number[]];

/** A workload in which servers are compared. */
export interface Case {
  readonly name: string;
  /** What the operations are: calls or people. */
  readonly unit: string;
  readonly setting: string;
  /** Fills the server. The product is restarted afterwards; the others would lose their data. */
  load?(port: number, sizes: Sizes): Promise<void>;
  /** Connects to the server, or to several that share a database. */
  prepare(ports: Ports, sizes: Sizes): Promise<PreparedCase>;
}

export const GET_PHONE = '/personguide.PersonGuide/GetPhone';
export const LIST_PERSONS = '/personguide.PersonGuide/ListPersons';
const RECORD_PERSONS = '/personguide.PersonGuide/RecordPersons';
const ROUTE_PHONES = '/personguide.PersonGuide/RoutePhones';
const ADD_USER = '/grpcUser.UserService/AddUser';
const FIND_USER = '/grpcUser.UserService/FindUser';

const IN_FLIGHT = 100;
const CONNECTIONS = 4;
const PEOPLE_PER_LOADING_CALL = 5_000;
const UNARY_SETTING = `${IN_FLIGHT} in flight, ${CONNECTIONS} connections`;

export const EVERYONE = frames([Adress.encode(Adress.fromPartial({})).finish()]);

const getPhone: Case = {
  name: 'GetPhone',
  unit: 'calls',
  setting: UNARY_SETTING,
  load: (port, { people }) => loadPeople(port, people),
  async prepare(ports, { people, calls }) {
    return prepareGetPhone(ports, people, calls);
  },
};

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

const addUser: Case = {
  name: 'AddUser',
  unit: 'calls',
  setting: UNARY_SETTING,
  async prepare(ports, { calls }) {
    const connections = await connectAll(ports);
    let added = 0;
    return {
      oneBatchPerRound: true,
      next: () => {
        const requests = newUsers(added, calls);
        added += calls;
        return async () => {
          await callAll(connections, ADD_USER, requests, IN_FLIGHT);
          return calls;
        };
      },
      verify: () => callAll(connections, FIND_USER, userKeys(added, 1_000), IN_FLIGHT),
      close: () => {
        closeAll(connections);
      },
    };
  },
};

const findUser: Case = {
  name: 'FindUser',
  unit: 'calls',
  setting: `${UNARY_SETTING}, by id and by email in turns`,
  async load(port, { users }) {
    const connections = await connectAll([port]);
    await callAll(connections, ADD_USER, newUsers(0, users), IN_FLIGHT);
    closeAll(connections);
  },
  async prepare(ports, { users, calls }) {
    const connections = await connectAll(ports);
    const requests = userKeys(users, calls);
    return {
      oneBatchPerRound: false,
      next: () => async () => {
        await callAll(connections, FIND_USER, requests, IN_FLIGHT);
        return calls;
      },
      close: () => {
        closeAll(connections);
      },
    };
  },
};

/** All cases, in the order in which they run. */
export const CASES = [getPhone, listPersons, recordPersons, routePhones, addUser, findUser];

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

/** GetPhone on servers that have the sample people 1 to `people`. */
export async function prepareGetPhone(
  ports: Ports,
  people: number,
  calls: number,
): Promise<PreparedCase> {
  const connections = await connectAll(ports);
  const requests = scatteredIds(calls, people).map((id) =>
    frames([Person.encode(Person.fromPartial({ id })).finish()]),
  );
  return {
    oneBatchPerRound: false,
    next: () => async () => {
      await callAll(connections, GET_PHONE, requests, IN_FLIGHT);
      return calls;
    },
    close: () => {
      closeAll(connections);
    },
  };
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

function newUsers(after: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    frames([UserRequest.encode(sampleUser(after + index + 1)).finish()]),
  );
}

function userKeys(users: number, count: number): Buffer[] {
  return scatteredIds(count, users).map((number) =>
    frames([FindUserRequest.encode(sampleUserKey(number)).finish()]),
  );
}

/** The servers take turns: each has the same number of connections, and so of calls. */
function connectAll(ports: Ports): Promise<Connection[]> {
  return Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) =>
      connect(ports[index % ports.length] ?? ports[0]),
    ),
  );
}

function closeAll(connections: readonly Connection[]): void {
  for (const connection of connections) connection.close();
}

function expectCount(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} messages, ${expected} expected`);
}
