import { GreeterDefinition } from '../../gen/greeter/greeter.js';
import {
  connect,
  openChannel,
  RpcError,
  type CallOutcome,
  type ClientMiddleware,
  type ConnectOptions,
} from '../index.js';
import { DirectoryError } from '../directory/errors.js';
import { service, type Call } from '../rpc/index.js';
import { openLog } from '../server/log.js';
import { startServer, type RunningServer } from '../server/start.js';
import { startTestDirectory, type TestDirectory } from '../testing.js';

let server: RunningServer;
let calls: Call[] = [];
let answer: () => { message: string } | Promise<{ message: string }>;

beforeAll(async () => {
  const sayHello = (_: unknown, call: Call) => {
    calls.push(call);
    return answer();
  };
  const greeter = service(GreeterDefinition, { sayHello, sayHelloAgain: sayHello });
  const log = openLog('silent');
  server = await startServer({ listen: ['127.0.0.1:0'], log, services: [greeter] });
});

beforeEach(() => {
  calls = [];
  answer = () => ({ message: 'Hello' });
});

afterAll(() => server.stop());

/** Calls SayHello, which is safe to retry here, with that middleware. */
async function sayHello(
  middleware: readonly ClientMiddleware[],
  options: ConnectOptions = {},
  callOptions: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<unknown> {
  const { sayHello: method } = GreeterDefinition.methods;
  const safe = { ...method, options: { idempotencyLevel: 'NO_SIDE_EFFECTS' } };
  await using channel = openChannel(server.addresses[0] ?? '', {
    ...{ retry: { initialBackoffMs: 1 }, middleware, ...options },
  });
  const definition = { fullName: GreeterDefinition.fullName, methods: { sayHello: safe } };
  return await channel
    .client(definition)
    .sayHello({}, callOptions)
    .catch((error: unknown) => error);
}

it('runs in order around the call, and sees its method and its end', async () => {
  const events: string[] = [];
  const named =
    (name: string): ClientMiddleware =>
    (call, next) => {
      events.push(`${name} ${call.kind} ${call.method}`);
      call.onEnd(({ codeName, attempts, error }) => {
        events.push(`${name} ${codeName} ${attempts} ${String(error)}`);
        return undefined;
      });
      next();
    };
  expect(await sayHello([named('a'), named('b')])).toMatchObject({ message: 'Hello' });
  expect(events).toEqual([
    'a unary /greeter.Greeter/SayHello',
    'b unary /greeter.Greeter/SayHello',
    'b OK 1 undefined',
    'a OK 1 undefined',
  ]);
});

it('changes the metadata of one call, and not of others', async () => {
  let made = 0;
  const add: ClientMiddleware = (call, next) => {
    made += 1;
    if (made === 1) call.metadata.set('x-team', ['a', 'b']);
    call.metadata.set('x-client', undefined);
    next();
  };
  await using channel = openChannel(server.addresses[0] ?? '', {
    ...{ middleware: [add], metadata: { 'x-client': 'test', 'x-kept': 'yes' } },
  });
  const client = channel.client(GreeterDefinition);
  await client.sayHello({});
  await client.sayHello({});
  expect(calls.map(({ headers }) => headers['x-team']?.join())).toEqual(['a, b', undefined]);
  expect(calls.map(({ headers }) => headers['x-client'])).toEqual([undefined, undefined]);
  expect(calls.map(({ headers }) => headers['x-kept']?.join())).toEqual(['yes', 'yes']);
});

it('rejects invalid metadata with a TypeError, which the caller gets', async () => {
  const error = await sayHello([
    (call, next) => {
      call.metadata.set('x y', 'z');
      next();
    },
  ]);
  expect(error).toBeInstanceOf(TypeError);
  expect(calls).toEqual([]);
});

it('changes the timeout', async () => {
  const chosen = [60_000, Infinity];
  for (const timeoutMs of chosen) {
    await sayHello([
      (call, next) => {
        expect(call.timeoutMs).toBe(10_000);
        call.timeoutMs = timeoutMs;
        next();
      },
    ]);
  }
  const leftMs = calls.map(({ deadlineMs }) => deadlineMs - Date.now());
  expect(leftMs[0]).toBeGreaterThan(20_000);
  expect(leftMs[1]).toBe(Infinity);
});

it('sees each attempt with its metadata, and how it ended', async () => {
  answer = () => {
    if (calls.length < 3) throw new DirectoryError('unavailable', 'not yet', { retryDelayMs: 1 });
    return { message: 'Hello' };
  };
  const ends: string[] = [];
  await sayHello([
    (call, next) => {
      call.onAttempt((attempt) => {
        attempt.metadata.set('x-attempt', String(attempt.number));
        attempt.onEnd(({ codeName, details }) => {
          ends.push(`${attempt.number} ${codeName} ${details}`);
        });
      });
      next();
    },
  ]);
  expect(calls.map(({ headers }) => headers['x-attempt']?.join())).toEqual(['1', '2', '3']);
  expect(ends).toEqual(['1 UNAVAILABLE not yet', '2 UNAVAILABLE not yet', '3 OK ']);
});

it('changes the number of attempts', async () => {
  answer = () => {
    throw new DirectoryError('unavailable', 'never', { retryDelayMs: 1 });
  };
  const outcomes: number[] = [];
  const error = await sayHello([
    (call, next) => {
      call.maxAttempts = 2;
      call.onEnd(({ attempts }) => {
        outcomes.push(attempts);
        return undefined;
      });
      next();
    },
  ]);
  expect(error).toMatchObject({ codeName: 'UNAVAILABLE' });
  expect([calls.length, outcomes]).toEqual([2, [2]]);
});

it('replaces the error of a call that failed, and sees its trailer', async () => {
  answer = () => {
    throw new DirectoryError('not-found', 'nobody');
  };
  const outcomes: CallOutcome[] = [];
  class NobodyError extends Error {}
  const error = await sayHello([
    (call, next) => {
      call.onEnd((outcome) => {
        outcomes.push(outcome);
        return new NobodyError('not here', { cause: outcome.error });
      });
      next();
    },
  ]);
  expect(error).toBeInstanceOf(NobodyError);
  expect((error as Error).cause).toBeInstanceOf(RpcError);
  expect(outcomes[0]).toMatchObject({ code: 5, codeName: 'NOT_FOUND', attempts: 1 });
  expect(outcomes[0]?.trailer['x-request-id']).toHaveLength(1);
});

it('refuses a call by throwing, before anything is sent', async () => {
  const error = new Error('the budget of this hour is used up');
  const refusals: ClientMiddleware[] = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
  ];
  for (const refuse of refusals) expect(await sayHello([refuse])).toBe(error);
  expect(calls).toEqual([]);
});

it('may wait before it continues, as long as the call may take', async () => {
  const wait: ClientMiddleware = async (call, next) => {
    await new Promise(setImmediate);
    call.metadata.set('x-token', 'fetched');
    next();
  };
  await sayHello([wait]);
  expect(calls[0]?.headers['x-token']).toEqual(['fetched']);
  const never: ClientMiddleware = () => new Promise(() => undefined);
  expect(await sayHello([never], {}, { timeoutMs: 20 })).toMatchObject({
    codeName: 'DEADLINE_EXCEEDED',
    details: 'the middleware did not continue in time',
  });
  const controller = new AbortController();
  const cancelled = sayHello([never], {}, { signal: controller.signal });
  controller.abort();
  expect(await cancelled).toMatchObject({ codeName: 'CANCELLED' });
});

it('fails a call whose middleware does not continue', async () => {
  expect(await sayHello([() => undefined])).toMatchObject({
    message: 'a middleware neither called next() nor threw',
  });
});

it('goes on when an end listener throws', async () => {
  const broken: ClientMiddleware = (call, next) => {
    call.onEnd(() => {
      throw new Error('the metric is broken');
    });
    next();
  };
  expect(await sayHello([broken])).toMatchObject({ message: 'Hello' });
});

it('must be an array of functions', () => {
  const middleware = [{}] as unknown as ClientMiddleware[];
  expect(() => connect('localhost:1', { middleware })).toThrow(
    'connect: middleware must be an array of functions',
  );
});

describe('of a directory', () => {
  let test: TestDirectory;

  beforeAll(async () => {
    test = await startTestDirectory({ people: [{ name: 'Ada', id: 1 }] });
  });

  afterAll(() => test.stop());

  it('wraps calls of all kinds, a watch and an import', async () => {
    const ends: string[] = [];
    await using directory = connect(test.address, {
      middleware: [
        (call, next) => {
          call.onEnd(({ codeName }) => {
            ends.push(`${call.kind} ${call.method.split('/')[2] ?? ''} ${codeName}`);
            return undefined;
          });
          next();
        },
      ],
    });
    const { people } = directory;
    await people.getPhone({ id: 1 });
    await all(people.listPersons({}));
    await people.recordPersons([{ name: 'Grace' }]);
    await all(people.routePhones([{ id: 1 }]));
    await people.importPeople([{ name: 'Alan' }]);
    const watch = people.watch();
    await watch.next();
    await watch.return();
    expect(ends).toEqual([
      'unary GetPhone OK',
      'server-stream ListPersons OK',
      'client-stream RecordPersons OK',
      'bidi-stream RoutePhones OK',
      'bidi-stream ImportPersons OK',
      'server-stream WatchPersons CANCELLED',
    ]);
  });
});

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
