import { Metadata, ServerCredentials, status, type StatusObject } from '@grpc/grpc-js';
import { setTimeout as wait } from 'node:timers/promises';
import Long from 'long';
import { RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import { Response, UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import { connect, type ConnectOptions, type Directory } from '../index.js';
import { retryDelayMs, retryPolicyOf } from './retry.js';
import { rejectionOf } from '../test-support/outcome.js';
import {
  closeLater,
  EMPTY_PHONE,
  proxyTo,
  serve,
  stopAll,
  type Handlers,
} from './servers.test.support.js';

afterEach(stopAll);

const FAST: ConnectOptions = { retry: { initialBackoffMs: 1 } };
const DOWN = { code: status.UNAVAILABLE, details: 'down for a moment' };

async function connectTo(handlers: Handlers, options = FAST): Promise<Directory> {
  const { address } = await serve(handlers);
  return closeLater(connect(address, options));
}

/** GetPhone that fails some times before it succeeds. */
function flaky(failures: number): { handlers: Handlers; calls: () => number } {
  let calls = 0;
  const handlers: Handlers = {
    people: {
      getPhone: (_, callback) => {
        calls += 1;
        if (calls <= failures) callback(DOWN);
        else callback(null, { ...EMPTY_PHONE, number: String(calls) });
      },
    },
  };
  return { handlers, calls: () => calls };
}

it('retries a read that finds the server unavailable, with four attempts at most', async () => {
  const soon = flaky(3);
  const directory = await connectTo(soon.handlers);
  expect((await directory.people.getPhone({})).number).toBe('4');
  const late = flaky(99);
  const other = await connectTo(late.handlers);
  const error = await rejectionOf(other.people.getPhone({}));
  expect(error).toMatchObject({ codeName: 'UNAVAILABLE', details: DOWN.details });
  expect(late.calls()).toBe(4);
});

it('makes every call once with `retry: false`', async () => {
  const { handlers, calls } = flaky(1);
  const directory = await connectTo(handlers, { retry: false });
  expect(await rejectionOf(directory.people.getPhone({}))).toMatchObject(DOWN);
  expect(calls()).toBe(1);
});

it('does not retry other errors', async () => {
  let calls = 0;
  const directory = await connectTo({
    people: {
      getPhone: (_, callback) => {
        calls += 1;
        callback({ code: status.INTERNAL, details: 'broken' });
      },
    },
  });
  await rejectionOf(directory.people.getPhone({}));
  expect(calls).toBe(1);
});

it('does not wait for a retry that would come after the deadline', async () => {
  const { handlers, calls } = flaky(1);
  const metadata = { 'x-pushback': '60000' };
  const { address } = await serve({
    people: {
      getPhone: (call, callback) => {
        const trailer = new Metadata();
        trailer.set('grpc-retry-pushback-ms', '60000');
        if (call.metadata.get('x-pushback').length > 0) callback({ ...DOWN, metadata: trailer });
        else handlers.people?.getPhone?.(call, callback);
      },
    },
  });
  const directory = closeLater(connect(address, FAST));
  const error = await rejectionOf(directory.people.getPhone({}, { metadata }));
  expect(error).toMatchObject({ codeName: 'UNAVAILABLE' });
  expect(calls()).toBe(0);
});

it('ends the call when it is aborted between two attempts', async () => {
  const { handlers, calls } = flaky(99);
  const retry = { initialBackoffMs: 60_000, maxBackoffMs: 60_000 };
  const directory = await connectTo(handlers, { retry, timeoutMs: 600_000 });
  const controller = new AbortController();
  const onTrailer = jest.fn();
  const { signal } = controller;
  const rejection = rejectionOf(directory.people.getPhone({}, { signal, onTrailer }));
  while (calls() === 0) await new Promise(setImmediate);
  controller.abort();
  expect(await rejection).toMatchObject({ codeName: 'CANCELLED' });
  expect(onTrailer).not.toHaveBeenCalled();
});

it('retries a list only while none of it has been received', async () => {
  let calls = 0;
  const directory = await connectTo({
    people: {
      listPersons: (call) => {
        calls += 1;
        if (calls > 1) call.write(Person.fromPartial({ id: calls }));
        call.emit('error', DOWN);
      },
    },
  });
  const ids: number[] = [];
  const read = async (): Promise<void> => {
    for await (const { id } of directory.people.listPersons({})) ids.push(id);
  };
  expect(await rejectionOf(read())).toMatchObject(DOWN);
  expect(ids).toEqual([2]);
  expect(calls).toBe(2);
});

it('does not retry RoutePhones', async () => {
  let calls = 0;
  const directory = await connectTo({
    people: {
      routePhones: (call) => {
        calls += 1;
        call.emit('error', DOWN);
      },
    },
  });
  await rejectionOf(directory.people.routePhones([]).next());
  expect(calls).toBe(1);
});

it('has a write whose response is lost applied once, by the key that the client made', async () => {
  const stored = new Map<string, Response>();
  let calls = 0;
  const { port } = await serve({
    users: {
      addUser: (call, callback) => {
        calls += 1;
        const key = String(call.metadata.get('idempotency-key')[0]);
        const user = UserRequest.fromPartial({ ...call.request, id: stored.size + 1 });
        const response = stored.get(key) ?? { code: 200, message: 'saved', user };
        stored.set(key, response);
        if (calls === 1) proxy.break();
        callback(null, response);
      },
    },
  });
  const proxy = await proxyTo(port);
  const directory = closeLater(connect(proxy.address, FAST));
  const { user } = await directory.users.addUser({ firstName: 'John' });
  expect(calls).toBe(2);
  expect([...stored.values()].map((response) => response.user)).toEqual([user]);
  await directory.users.addUser({ firstName: 'John' });
  expect(stored.size).toBe(2);
});

it('keeps the idempotency key of the caller', async () => {
  const keys: unknown[] = [];
  const directory = await connectTo({
    users: {
      addUser: (call, callback) => {
        keys.push(...call.metadata.get('idempotency-key'));
        if (keys.length === 1) callback(DOWN);
        else callback(null, Response.fromPartial({}));
      },
    },
  });
  await directory.users.addUser({}, { metadata: { 'idempotency-key': 'order-17' } });
  expect(keys).toEqual(['order-17', 'order-17']);
});

it('sends a recording again unchanged, even from a generator that can be read once', async () => {
  const attempts: Person[][] = [];
  const { port } = await serve({
    people: {
      recordPersons: (call, callback) => {
        const people: Person[] = [];
        attempts.push(people);
        const first = attempts.length === 1;
        call.on('error', () => undefined);
        call.on('data', (person: Person) => {
          people.push(person);
          if (first && people.length === 50) proxy.break();
        });
        call.on('end', () => {
          callback(null, { people, truncated: false });
        });
      },
    },
  });
  const proxy = await proxyTo(port);
  const directory = closeLater(connect(proxy.address, FAST));
  async function* people(): AsyncGenerator<{ id: number }> {
    for (let id = 1; id <= 500; id += 1) {
      await new Promise(setImmediate);
      yield { id };
    }
  }
  const book = await directory.people.recordPersons(people());
  expect(attempts).toHaveLength(2);
  expect(book.people.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
});

describe('a server that restarts', () => {
  const handlers: Handlers = {
    people: {
      getPhone: (_, callback) => {
        setImmediate(callback, null, EMPTY_PHONE);
      },
    },
  };

  async function restarted(options: ConnectOptions): Promise<{ failed: unknown[]; calls: number }> {
    const { address, port, stop } = await serve(handlers);
    const directory = closeLater(connect(address, options));
    const failed: unknown[] = [];
    let calls = 0;
    let running = true;
    const worker = async (): Promise<void> => {
      while (running) {
        calls += 1;
        await directory.people.getPhone({}).catch((error: unknown) => failed.push(error));
        await new Promise(setImmediate);
      }
    };
    const workers = [1, 2, 3].map(worker);
    while (calls < 100) await new Promise(setImmediate);
    stop();
    await wait(2000);
    await serve(handlers, ServerCredentials.createInsecure(), port);
    await directory.waitForReady();
    running = false;
    await Promise.all(workers);
    return { failed, calls };
  }

  it('fails no call with the default retries if it is back after 2 seconds', async () => {
    const { failed, calls } = await restarted({});
    expect(failed).toEqual([]);
    expect(calls).toBeGreaterThan(100);
  }, 20_000);

  it('fails calls immediately with `retry: false`', async () => {
    const { failed } = await restarted({ retry: false });
    expect(failed.length).toBeGreaterThan(3);
  }, 20_000);

  it('fails calls again without waiting once it is away for longer than connectTimeoutMs', async () => {
    const { address, stop } = await serve(handlers);
    const directory = closeLater(connect(address, { connectTimeoutMs: 300 }));
    await directory.people.getPhone({});
    stop();
    const startMs = Date.now();
    expect(await rejectionOf(directory.people.getPhone({}))).toMatchObject({
      codeName: 'UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(250);
    const { people } = closeLater(connect(address));
    const neverConnectedMs = Date.now();
    await rejectionOf(people.getPhone({}));
    // The pauses of three retries are 700 ms at most.
    expect(Date.now() - neverConnectedMs).toBeLessThan(4000);
  }, 20_000);
});

describe('the delay before a retry', () => {
  const policy = retryPolicyOf({ initialBackoffMs: 100, maxBackoffMs: 300 });

  function unavailable(metadata = new Metadata()): StatusObject {
    return { ...DOWN, metadata };
  }

  it('is a random part of a limit that doubles up to the longest', () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const delays = [1, 2, 3].map((attempts) => retryDelayMs(unavailable(), attempts, policy));
    random.mockRestore();
    expect(delays).toEqual([50, 100, 150]);
    expect(retryDelayMs(unavailable(), 4, policy)).toBeUndefined();
  });

  it.each([
    ['250', 250],
    ['0', 0],
    ['-1', undefined],
    ['soon', undefined],
  ])('is %s when the server pushes back with that', (pushback, expected) => {
    const metadata = new Metadata();
    metadata.set('grpc-retry-pushback-ms', pushback);
    expect(retryDelayMs(unavailable(metadata), 1, policy)).toBe(expected);
  });

  /** Metadata with a RetryInfo of two seconds. */
  function inTwoSeconds(code: number): Metadata {
    const retryDelay = { seconds: Long.fromNumber(2), nanos: 0 };
    const value = Buffer.from(RetryInfo.encode({ retryDelay }).finish());
    const details = [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }];
    const metadata = new Metadata();
    const bytes = Status.encode({ code, message: 'busy', details }).finish();
    metadata.set('grpc-status-details-bin', Buffer.from(bytes));
    return metadata;
  }

  it('is at least what RetryInfo asks for', () => {
    expect(retryDelayMs(unavailable(inTwoSeconds(14)), 1, policy)).toBe(2000);
  });

  it('follows a limit of the server only if RetryInfo says when it ends, and then comes at random', () => {
    const limited = { ...DOWN, code: status.RESOURCE_EXHAUSTED };
    expect(retryDelayMs({ ...limited, metadata: new Metadata() }, 1, policy)).toBeUndefined();
    const metadata = inTwoSeconds(8);
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const delays = [1, 2, 3, 4].map((n) => retryDelayMs({ ...limited, metadata }, n, policy));
    random.mockRestore();
    expect(delays).toEqual([2050, 2100, 2150, undefined]);
  });
});
