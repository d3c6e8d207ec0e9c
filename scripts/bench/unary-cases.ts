import { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import type { Case, Ports, PreparedCase, Shape } from './case.js';
import { callAtRate } from './paced-calls.js';
import { loadPeople } from './people-cases.js';
import { callAll, connectAll, frames } from './raw-client.js';
import { sampleUser, sampleUserKey, scatteredIds } from './sample-data.js';

export const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const ADD_USER = '/grpcUser.UserService/AddUser';
const FIND_USER = '/grpcUser.UserService/FindUser';

/** 100 calls in flight, as a service with several callers has them. */
const USUAL: Shape = { connections: 4, streams: 25 };
const ONE_AFTER_THE_OTHER: Shape = { connections: 1, streams: 1 };
const MANY_CLIENTS: Shape = { connections: 100, streams: 1 };

interface UnaryCalls {
  readonly path: string;
  readonly shape: Shape;
  /** The calls of a batch. */
  readonly calls: number;
  /** True for writes: each call has a request of its own. */
  readonly isWrite: boolean;
  /** The messages of the next calls. */
  readonly next: (count: number) => Uint8Array[];
  readonly repeatable: Uint8Array;
  /** The messages of calls that find what was written. */
  readonly written?: () => Uint8Array[];
}

const getPhone = getPhoneCase('GetPhone', USUAL);
const getPhone1x1 = getPhoneCase('GetPhone-1x1', ONE_AFTER_THE_OTHER);
const getPhone100x1 = getPhoneCase('GetPhone-100x1', MANY_CLIENTS);

const addUser: Case = {
  name: 'AddUser',
  unit: 'calls',
  setting: settingOf(USUAL),
  async prepare(ports, { calls }) {
    let added = 0;
    return prepareUnary(ports, {
      path: ADD_USER,
      shape: USUAL,
      calls,
      isWrite: true,
      next: (count) => newUsers((added += count) - count, count),
      // Users without an email may have the same names.
      repeatable: UserRequest.encode({ ...sampleUser(1), email: '' }).finish(),
      written: () => userKeys(added, 1_000),
    });
  },
};

const findUser: Case = {
  name: 'FindUser',
  unit: 'calls',
  setting: `${settingOf(USUAL)}, by id and by email in turns`,
  async load(port, { users }) {
    const connections = await connectAll([port], USUAL.connections);
    await callAll(connections, ADD_USER, newUsers(0, users).map(frame), inFlight(USUAL));
    for (const connection of connections) connection.close();
  },
  async prepare(ports, { users, calls }) {
    return prepareUnary(ports, {
      path: FIND_USER,
      shape: USUAL,
      calls,
      isWrite: false,
      next: (count) => userKeys(users, count),
      repeatable: FindUserRequest.encode(sampleUserKey(users)).finish(),
    });
  },
};

export const GET_PHONE_CASES = [getPhone, getPhone1x1, getPhone100x1];
export const USER_CASES = [addUser, findUser];

/** GetPhone on servers that have the sample people 1 to `people`. */
export async function prepareGetPhone(
  ports: Ports,
  people: number,
  calls: number,
  shape = USUAL,
): Promise<PreparedCase> {
  return prepareUnary(ports, {
    path: GET_PHONE,
    shape,
    calls,
    isWrite: false,
    next: (count) => scatteredIds(count, people).map(personKey),
    repeatable: personKey(Math.ceil(people / 2)),
  });
}

function getPhoneCase(name: string, shape: Shape): Case {
  return {
    name,
    unit: 'calls',
    setting: settingOf(shape),
    load: (port, { people }) => loadPeople(port, people),
    prepare: (ports, { people, calls }) => prepareGetPhone(ports, people, calls, shape),
  };
}

async function prepareUnary(ports: Ports, unary: UnaryCalls): Promise<PreparedCase> {
  const { path, shape, calls, isWrite, next, repeatable, written } = unary;
  const connections = await connectAll(ports, shape.connections);
  const take = (count: number): Buffer[] => next(count).map(frame);
  const same = isWrite ? undefined : take(calls);
  return {
    oneBatchPerRound: isWrite,
    next: () => {
      const requests = same ?? take(calls);
      return async () => {
        await callAll(connections, path, requests, inFlight(shape));
        return calls;
      };
    },
    ...(written && {
      verify: () => callAll(connections, FIND_USER, written().map(frame), inFlight(shape)),
    }),
    unary: {
      path,
      shape,
      callAtRate: (perSecond, seconds) =>
        callAtRate(connections, path, take(Math.ceil(perSecond * seconds)), perSecond),
      repeatable,
    },
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

function inFlight({ connections, streams }: Shape): number {
  return connections * streams;
}

function settingOf({ connections, streams }: Shape): string {
  const name = connections === 1 ? 'connection' : 'connections';
  return `${connections * streams} in flight, ${connections} ${name}`;
}

function frame(message: Uint8Array): Buffer {
  return frames([message]);
}

function personKey(id: number): Uint8Array {
  return Person.encode(Person.fromPartial({ id })).finish();
}

function newUsers(after: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    UserRequest.encode(sampleUser(after + index + 1)).finish(),
  );
}

function userKeys(users: number, count: number): Uint8Array[] {
  return scatteredIds(count, users).map((number) =>
    FindUserRequest.encode(sampleUserKey(number)).finish(),
  );
}
