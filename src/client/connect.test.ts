import { Metadata, status } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus,
  type HealthCheckResponse,
} from '../../gen/grpc/health/v1/health.js';
import { GreeterDefinition } from '../../gen/helloworld/helloworld.js';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneType, type PhoneNumber } from '../../gen/personguide/person_guide.js';
import { connect, openChannel, RpcError, type Directory } from '../index.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, EMPTY_PHONE, serve, stopAll, type Handlers } from './servers.test.support.js';

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

const STREAM_LENGTH = 5000;

it('resolves a unary call with the response', async () => {
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

it('reads a server stream in order to its end', async () => {
  const directory = await connectTo({
    people: {
      listPersons: (call) => {
        for (let id = 1; id <= STREAM_LENGTH; id += 1) {
          call.write(Person.fromPartial({ id, name: 'Ann' }));
        }
        call.end();
      },
    },
  });
  const ids: number[] = [];
  for await (const person of directory.people.listPersons({ name: 'x' })) ids.push(person.id);
  expect(ids).toEqual(Array.from({ length: STREAM_LENGTH }, (_, index) => index + 1));
});

it.each([
  ['an array', (people: Person[]) => people],
  ['a set', (people: Person[]) => new Set(people)],
  ['an async generator', (people: Person[]) => slowly(people)],
])('sends %s in order as a client stream', async (_, toIterable) => {
  const received: Person[] = [];
  const directory = await connectTo({
    people: {
      recordPersons: (call, callback) => {
        call.on('data', (person: Person) => received.push(person));
        call.on('end', () => {
          callback(null, { people: received, truncated: false });
        });
      },
    },
  });
  const people = Array.from({ length: STREAM_LENGTH }, (_, id) =>
    Person.fromPartial({ id, name: 'Ann' }),
  );
  const book = await directory.people.recordPersons(toIterable(people));
  expect(received).toEqual(people);
  expect(book.people).toEqual(people);
});

it('reads the responses of a bidi stream while requests are still being made', async () => {
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
      const received = new Promise<void>((resolve) => (next = resolve));
      yield { phones: [{ number }] };
      await received;
    }
  }
  for await (const phone of directory.people.routePhones(askOneByOne())) {
    numbers.push(phone.number);
    next?.();
  }
  expect(numbers).toEqual(['1', '2', '3']);
});

it('sends the default of a field that is left out or undefined', async () => {
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

it('sends a oneof as it is given', async () => {
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

it('rejects a request that cannot be encoded with a TypeError that says why, and does not send it', async () => {
  const directory = await connectTo({});
  const error = await rejectionOf(directory.people.getPhone({ id: 1.5 }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: expect.stringContaining('GetPhone') as string });
  expect(directory.state).toBe('IDLE');
});

it('refuses by its types a field that the message does not have', () => {
  const directory = closeLater(connect('localhost:1'));
  const misspelt = (): unknown =>
    // @ts-expect-error -- there is no such field
    directory.people.getPhone({ nmae: 'Ann' });
  expect(misspelt).toBeDefined();
});

it('sends and receives metadata, that of a call before that of the client', async () => {
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

it('ends the call with the error that onHeader throws', async () => {
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

it.each([['gzip'], ['deflate']] as const)(
  'keeps the order of a stream with %s',
  async (compression) => {
    const { address } = await serve({
      people: {
        recordPersons: (call, callback) => {
          const people: Person[] = [];
          call.on('data', (person: Person) => people.push(person));
          call.on('end', () => {
            callback(null, { people, truncated: false });
          });
        },
      },
    });
    const directory = closeLater(connect(address, { compression }));
    const names = Array.from({ length: 300 }, (_, id) => 'x'.repeat((id * 7919) % 20_000));
    const book = await directory.people.recordPersons(names.map((name, id) => ({ id, name })));
    expect(book.people.map(({ id }) => id)).toEqual(names.map((_, id) => id));
  },
);

it('calls the token function before each call and sends the token as a bearer', async () => {
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
  const renewed = closeLater(connect(address, { token: async () => `t${(calls += 1)}` }));
  expect((await fixed.people.getPhone({})).number).toBe('Bearer abc');
  expect((await renewed.people.getPhone({})).number).toBe('Bearer t1');
  expect((await renewed.people.getPhone({})).number).toBe('Bearer t2');
});

it('rejects a call whose token function fails, with its error as the cause', async () => {
  const { address } = await serve({});
  const cause = new Error('vault is sealed');
  const token = (): Promise<string> => Promise.reject(cause);
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toMatchObject({ codeName: 'UNAUTHENTICATED', cause });
});

it('rejects a call whose token function returns nothing', async () => {
  const { address } = await serve({});
  const token = (): string => undefined as unknown as string;
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toMatchObject({ codeName: 'UNAUTHENTICATED' });
});

it('rejects a call whose token function does not return before the deadline', async () => {
  const { address } = await serve({});
  const token = (): Promise<string> => new Promise(() => undefined);
  const directory = closeLater(connect(address, { token }));
  const error = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 30 }));
  expect(error).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
});

it('ends a call at its deadline, and opens none whose deadline has passed', async () => {
  let calls = 0;
  const directory = await connectTo({
    people: {
      getPhone: () => {
        calls += 1;
      },
    },
  });
  await directory.waitForReady();
  const late = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 200 }));
  expect(late).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  const passed = await rejectionOf(directory.people.getPhone({}, { timeoutMs: 0 }));
  expect(passed).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect(calls).toBe(1);
});

it('applies timeoutMs of connect() to unary and client-streaming calls, not to streams', async () => {
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
        callback(null, { people: [], truncated: false });
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

it('returns the health of the server or of a service by name', async () => {
  const directory = await connectTo({
    health: {
      check: ({ request }, callback) => {
        const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
        const response: HealthCheckResponse = { status: request.service ? NOT_SERVING : SERVING };
        callback(null, response);
      },
    },
  });
  expect(await directory.health()).toBe('SERVING');
  expect(await directory.health('personguide.PersonGuide')).toBe('NOT_SERVING');
});

it('connects with waitForReady(), reports its state, and disconnects with close()', async () => {
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
  // The listener is called in a later turn than the change.
  await new Promise(setImmediate);
  expect(states).toEqual(['CONNECTING', 'READY', 'SHUTDOWN']);
});

it('accepts timeouts that are longer than a timer can be', async () => {
  const handlers = {
    people: {
      getPhone: (_: unknown, reply: (e: null, p: PhoneNumber) => void) => {
        reply(null, EMPTY_PHONE);
      },
    },
  };
  const { address } = await serve(handlers);
  const directory = closeLater(connect(address, { keepalive: { timeMs: Infinity } }));
  await directory.waitForReady({ timeoutMs: Infinity });
  for (const timeoutMs of [Infinity, 1e15, 2 ** 32]) {
    expect(await directory.people.getPhone({}, { timeoutMs })).toEqual(EMPTY_PHONE);
  }
});

it('rejects a call whose signal is not an AbortSignal, and can be closed after it', async () => {
  const { address } = await serve({});
  const directory = connect(address);
  const signal = {} as AbortSignal;
  expect(await rejectionOf(directory.people.getPhone({}, { signal }))).toBeInstanceOf(TypeError);
  directory.close();
});

it('ends pending calls with close(), which `await using` calls', async () => {
  const { address } = await serve({ people: { getPhone: () => undefined } });
  let pending: Promise<unknown>;
  {
    await using directory = connect(address);
    await directory.waitForReady();
    pending = rejectionOf(directory.people.getPhone({}));
  }
  expect(await pending).toMatchObject({ codeName: 'CANCELLED' });
});

it('calls any service of openChannel() by its generated definition', async () => {
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

it('rejects an RPC that the server does not have with UNIMPLEMENTED', async () => {
  const directory = await connectTo({});
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ codeName: 'UNIMPLEMENTED' });
});
