import { Metadata, status } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus,
  type HealthCheckResponse,
} from '../../gen/grpc/health/v1/health.js';
import { GreeterDefinition } from '../../gen/helloworld/helloworld.js';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneType, type PhoneNumber } from '../../gen/personguide/person_guide.js';
import { connect, openChannel, RpcError, type Directory } from '../index.js';
import {
  closeLater,
  EMPTY_PHONE,
  rejectionOf,
  serve,
  stopAll,
  type Handlers,
} from './servers.test.support.js';

afterEach(stopAll);

async function connectTo(handlers: Handlers): Promise<Directory> {
  const { address } = await serve(handlers);
  return closeLater(connect(address));
}

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await new Promise(setImmediate);
    yield item;
  }
}

const MANY = 5000;

it('a unary call resolves with the answer', async () => {
  const directory = await connectTo({
    people: {
      getPhone: ({ request }, callback) => {
        callback(null, { number: `phone of ${request.id}`, type: PhoneType.WORK });
      },
    },
  });
  const phone = await directory.people.getPhone({ id: 7 });
  expect(phone).toEqual({ number: 'phone of 7', type: PhoneType.WORK });
});

it('a server stream is read in order to its end', async () => {
  const directory = await connectTo({
    people: {
      listPersons: (call) => {
        for (let id = 1; id <= MANY; id += 1) call.write(Person.fromPartial({ id, name: 'Ann' }));
        call.end();
      },
    },
  });
  const ids: number[] = [];
  for await (const person of directory.people.listPersons({ name: 'x' })) ids.push(person.id);
  expect(ids).toEqual(Array.from({ length: MANY }, (_, index) => index + 1));
});

it.each([
  ['an array', (people: Person[]) => people],
  ['a set', (people: Person[]) => new Set(people)],
  ['an async generator', (people: Person[]) => slowly(people)],
])('a client stream sends %s in order', async (_, toIterable) => {
  const received: Person[] = [];
  const directory = await connectTo({
    people: {
      recordPersons: (call, callback) => {
        call.on('data', (person: Person) => received.push(person));
        call.on('end', () => {
          callback(null, { people: received });
        });
      },
    },
  });
  const people = Array.from({ length: MANY }, (_, id) => Person.fromPartial({ id, name: 'Ann' }));
  const book = await directory.people.recordPersons(toIterable(people));
  expect(received).toEqual(people);
  expect(book.people).toEqual(people);
});

it('a bidi stream answers while the requests are still being made', async () => {
  const directory = await connectTo({
    people: {
      routePhones: (call) => {
        call.on('data', (person: Person) => {
          for (const phone of person.phones) call.write(phone);
        });
        call.on('end', () => call.end());
      },
    },
  });
  const numbers: string[] = [];
  let next: (() => void) | undefined;
  async function* askOneByOne(): AsyncGenerator<{ phones: { number: string }[] }> {
    for (const number of ['1', '2', '3']) {
      const answered = new Promise<void>((resolve) => (next = resolve));
      yield { phones: [{ number }] };
      await answered;
    }
  }
  for await (const phone of directory.people.routePhones(askOneByOne())) {
    numbers.push(phone.number);
    next?.();
  }
  expect(numbers).toEqual(['1', '2', '3']);
});

it('what a request leaves out or has undefined is sent as the default', async () => {
  const seen: Person[] = [];
  const directory = await connectTo({
    people: {
      getPhone: ({ request }, callback) => {
        seen.push(request);
        callback(null, { number: '', type: PhoneType.MOBILE });
      },
    },
  });
  await directory.people.getPhone({});
  await directory.people.getPhone({
    name: undefined,
    phones: [{ number: '1' }, { type: undefined }],
  });
  const empty = Person.fromPartial({});
  expect(seen[0]).toEqual(empty);
  const phones = [
    { number: '1', type: PhoneType.MOBILE },
    { number: '', type: PhoneType.MOBILE },
  ];
  expect(seen[1]).toEqual({ ...empty, phones });
});

it('a oneof is sent as it is given', async () => {
  const directory = await connectTo({
    users: {
      findUser: ({ request }, callback) => {
        callback(null, UserRequest.fromPartial({ address: JSON.stringify(request.key) }));
      },
    },
  });
  const { address } = await directory.users.findUser({ key: { $case: 'id', value: 3 } });
  expect(JSON.parse(address)).toEqual({ $case: 'id', value: 3 });
});

it('a request that cannot be encoded is a TypeError that says why, and is not sent', async () => {
  const directory = await connectTo({});
  const error = await rejectionOf(directory.people.getPhone({ id: 1.5 }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: expect.stringContaining('GetPhone') as string });
  expect(directory.state).toBe('IDLE');
});

it('the types refuse fields that the message does not have', () => {
  const directory = closeLater(connect('localhost:1'));
  const misspelt = (): unknown =>
    // @ts-expect-error -- there is no such field
    directory.people.getPhone({ nmae: 'Ann' });
  expect(misspelt).toBeDefined();
});

it('metadata goes both ways, that of a call before that of the client', async () => {
  const { address } = await serve({
    people: {
      getPhone: (call, callback) => {
        const header = new Metadata();
        header.set('seen', call.metadata.getMap()['who'] as string);
        header.set('also', call.metadata.getMap()['kept'] as string);
        call.sendMetadata(header);
        const trailer = new Metadata();
        trailer.set('token-bin', Buffer.from(call.metadata.getMap()['blob-bin'] as Buffer));
        callback(null, EMPTY_PHONE, trailer);
      },
    },
  });
  const metadata = { who: 'client', kept: 'yes' };
  const directory = closeLater(connect(address, { metadata }));
  const onHeader = jest.fn();
  const onTrailer = jest.fn();
  const own = { who: 'call', 'blob-bin': Uint8Array.of(1, 2) };
  await directory.people.getPhone({}, { metadata: own, onHeader, onTrailer });
  expect(onHeader).toHaveBeenCalledTimes(1);
  expect(onHeader).toHaveBeenCalledWith(expect.objectContaining({ seen: ['call'], also: ['yes'] }));
  expect(onTrailer).toHaveBeenCalledWith(
    expect.objectContaining({ 'token-bin': [Buffer.from([1, 2])] }),
  );
});

it('an error thrown by onHeader ends the call with that error', async () => {
  const directory = await connectTo({
    people: {
      getPhone: (_, callback) => {
        callback(null, EMPTY_PHONE);
      },
    },
  });
  const mine = new Error('mine');
  const onHeader = (): void => {
    throw mine;
  };
  expect(await rejectionOf(directory.people.getPhone({}, { onHeader }))).toBe(mine);
});

it.each([['gzip'], ['deflate']] as const)('%s keeps the order of a stream', async (compression) => {
  const { address } = await serve({
    people: {
      recordPersons: (call, callback) => {
        const people: Person[] = [];
        call.on('data', (person: Person) => people.push(person));
        call.on('end', () => {
          callback(null, { people });
        });
      },
    },
  });
  const directory = closeLater(connect(address, { compression }));
  const names = Array.from({ length: 300 }, (_, id) => 'x'.repeat((id * 7919) % 20_000));
  const book = await directory.people.recordPersons(names.map((name, id) => ({ id, name })));
  expect(book.people.map(({ id }) => id)).toEqual(names.map((_, id) => id));
});

it('a token is asked for before each call and sent as a bearer', async () => {
  const { address } = await serve({
    people: {
      getPhone: (call, callback) => {
        const [number] = call.metadata.get('authorization');
        callback(null, { ...EMPTY_PHONE, number: String(number) });
      },
    },
  });
  let calls = 0;
  const fixed = closeLater(connect(address, { token: 'abc' }));
  const asked = closeLater(connect(address, { token: async () => `t${(calls += 1)}` }));
  expect((await fixed.people.getPhone({})).number).toBe('Bearer abc');
  expect((await asked.people.getPhone({})).number).toBe('Bearer t1');
  expect((await asked.people.getPhone({})).number).toBe('Bearer t2');
});

it('a token that cannot be had fails the call and names the cause', async () => {
  const { address } = await serve({});
  const cause = new Error('vault is sealed');
  const token = (): Promise<string> => Promise.reject(cause);
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toMatchObject({ codeName: 'UNAUTHENTICATED', cause });
});

it('a token function that gives nothing fails the call', async () => {
  const { address } = await serve({});
  const token = (): string => undefined as unknown as string;
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toMatchObject({ codeName: 'UNAUTHENTICATED' });
});

it('a token that does not come ends with the deadline', async () => {
  const { address } = await serve({});
  const token = (): Promise<string> => new Promise(() => undefined);
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 30 }));
  expect(error).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
});

it('a call ends with its deadline, and a time that has passed opens no call', async () => {
  let calls = 0;
  const directory = await connectTo({
    people: {
      getPhone: () => {
        calls += 1;
      },
    },
  });
  const late = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 50 }));
  expect(late).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  const passed = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 0 }));
  expect(passed).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect(calls).toBe(1);
});

it('timeoutMs of connect() holds for unary and client-streaming calls, not for streams', async () => {
  const deadlines: Record<string, number> = {};
  const { address } = await serve({
    people: {
      getPhone: (call, callback) => {
        deadlines['unary'] = Number(call.getDeadline());
        callback(null, EMPTY_PHONE);
      },
      listPersons: (call) => {
        deadlines['stream'] = Number(call.getDeadline());
        call.end();
      },
      recordPersons: (call, callback) => {
        deadlines['client stream'] = Number(call.getDeadline());
        callback(null, { people: [] });
      },
    },
  });
  const directory = closeLater(connect(address, { timeoutMs: 60_000 }));
  await directory.people.getPhone({});
  await directory.people.recordPersons([]);
  expect(await directory.people.listPersons({}).next()).toEqual({ done: true, value: undefined });
  expect(deadlines['unary']).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(deadlines['client stream']).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(deadlines['stream']).toBe(Infinity);
});

it('health() tells the status by name, of the server or of a service', async () => {
  const directory = await connectTo({
    health: {
      check: ({ request }, callback) => {
        const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
        const answer: HealthCheckResponse = { status: request.service ? NOT_SERVING : SERVING };
        callback(null, answer);
      },
    },
  });
  expect(await directory.health()).toBe('SERVING');
  expect(await directory.health('personguide.PersonGuide')).toBe('NOT_SERVING');
});

it('waitForReady() connects, state tells how it stands, and close() ends it', async () => {
  const states: string[] = [];
  const { address } = await serve({});
  const directory = connect(address, { onStateChange: (state) => states.push(state) });
  expect(directory.state).toBe('IDLE');
  await directory.waitForReady({ timeoutMs: 5000 });
  expect(directory.state).toBe('READY');
  directory.close();
  directory.close();
  expect(directory.state).toBe('SHUTDOWN');
  expect(await rejectionOf(directory.waitForReady())).toMatchObject({ codeName: 'CANCELLED' });
  expect(await rejectionOf(directory.people.getPhone({}))).toMatchObject({ codeName: 'CANCELLED' });
  // The listener is called apart from what changes the state.
  await new Promise(setImmediate);
  expect(states).toEqual(['CONNECTING', 'READY', 'SHUTDOWN']);
});

it('waits as long as it takes, however far away the end is', async () => {
  const answer = {
    people: {
      getPhone: (_: unknown, reply: (e: null, p: PhoneNumber) => void) => {
        reply(null, EMPTY_PHONE);
      },
    },
  };
  const { address } = await serve(answer);
  const directory = closeLater(connect(address, { keepalive: { timeMs: Infinity } }));
  await directory.waitForReady({ timeoutMs: Infinity });
  for (const timeoutMs of [Infinity, 1e15, 2 ** 32]) {
    expect(await directory.people.getPhone({}, { timeoutMs })).toEqual(EMPTY_PHONE);
  }
});

it('a signal that is none is refused, and close() works after it', async () => {
  const { address } = await serve({});
  const directory = connect(address);
  const signal = {} as AbortSignal;
  expect(await rejectionOf(directory.people.getPhone({}, { signal }))).toBeInstanceOf(TypeError);
  directory.close();
});

it('waitForReady() gives up after its time and names the address', async () => {
  const { address, stop } = await serve({});
  stop();
  const directory = closeLater(connect(address));
  const error = await rejectionOf(directory.waitForReady({ timeoutMs: 50 }));
  expect(error).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
  expect(String(error)).toContain(address);
  expect((error as Error).stack).toContain(__filename);
});

it('close() ends the calls under way; `await using` closes', async () => {
  const { address } = await serve({ people: { getPhone: () => undefined } });
  let pending: Promise<unknown>;
  {
    await using directory = connect(address);
    await directory.waitForReady();
    pending = rejectionOf(directory.people.getPhone({}));
  }
  expect(await pending).toMatchObject({ codeName: 'CANCELLED' });
});

it('openChannel() calls any service by its generated definition', async () => {
  const { address } = await serve({
    greeter: {
      sayHello: ({ request }, callback) => {
        callback(null, { message: `Hello, ${request.name}` });
      },
    },
  });
  const channel = closeLater(openChannel(address));
  const { sayHello } = channel.client(GreeterDefinition);
  expect(await sayHello({ name: 'Ann' })).toEqual({ message: 'Hello, Ann' });
});

it('an RPC that the server does not have is UNIMPLEMENTED', async () => {
  const directory = await connectTo({});
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ codeName: 'UNIMPLEMENTED' });
});
