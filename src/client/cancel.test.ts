import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, runInThisContext } from 'node:vm';
import { Person, type Adress, type PhoneNumber } from '../../gen/personguide/person_guide.js';
import { connect, RpcError, type Directory } from '../index.js';
import { deferred } from '../test-support/deferred.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, EMPTY_PHONE, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

const PERSON = Person.fromPartial({ id: 1, name: 'Ann', phones: [{ number: '1' }] });

/** A server whose calls never end by themselves; `cancelled` resolves when one is cancelled. */
async function serveEndless(): Promise<{
  directory: Directory;
  begun: Promise<void>;
  cancelled: Promise<void>;
  calls: () => number;
}> {
  const begun = deferred();
  const cancelled = deferred();
  let calls = 0;
  const hold = (call: { on(event: string, listener: () => void): unknown }): void => {
    calls += 1;
    call.on('error', () => undefined);
    call.on('cancelled', cancelled.resolve);
    begun.resolve();
  };
  const people = {
    getPhone: hold,
    listPersons: (call: { write(person: Person): unknown } & Parameters<typeof hold>[0]) => {
      hold(call);
      for (let sent = 0; sent < 3; sent += 1) call.write(PERSON);
    },
    recordPersons: (call: { resume(): unknown } & Parameters<typeof hold>[0]) => {
      hold(call);
      call.resume();
    },
    routePhones: (call: ServerDuplexStream<Person, PhoneNumber>) => {
      hold(call);
      call.on('data', ({ phones }: Person) => {
        for (const phone of phones) call.write(phone);
      });
    },
  };
  const { address } = await serve({ people });
  const directory = closeLater(connect(address));
  return { directory, begun: begun.promise, cancelled: cancelled.promise, calls: () => calls };
}

/** Endless requests; `taken` counts them, and `returned` resolves when `return()` is called. */
function endless(): {
  people: AsyncIterable<Person>;
  returned: Promise<void>;
  taken: () => number;
} {
  const returned = deferred();
  let taken = 0;
  const people = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        taken += 1;
        await new Promise(setImmediate);
        return { done: false as const, value: PERSON };
      },
      return: async () => {
        returned.resolve();
        return { done: true as const, value: undefined };
      },
    }),
  };
  return { people, returned: returned.promise, taken: () => taken };
}

it('cancels the call on the server when the loop is left', async () => {
  const { directory, cancelled } = await serveEndless();
  for await (const { name } of directory.people.listPersons({})) {
    expect(name).toBe('Ann');
    break;
  }
  await cancelled;
});

it('loses no call when it leaves more loops than an HTTP/2 server allows', async () => {
  const { directory, calls } = await serveEndless();
  const left = 1500;
  for (let i = 0; i < left; i += 1) {
    for await (const person of directory.people.listPersons({})) {
      expect(person.id).toBe(1);
      break;
    }
  }
  expect(calls()).toBeGreaterThanOrEqual(left);
}, 30_000);

it('cancels the call on the server when the loop throws, and keeps the error', async () => {
  const { directory, cancelled } = await serveEndless();
  const mine = new Error('mine');
  const read = async (): Promise<void> => {
    for await (const person of directory.people.listPersons({})) {
      throw Object.assign(mine, { person });
    }
  };
  expect(await rejectionOf(read())).toBe(mine);
  await cancelled;
});

it('cancels a bidi call and returns its requests when the loop is left', async () => {
  const { directory, cancelled } = await serveEndless();
  const { people, returned } = endless();
  for await (const { number } of directory.people.routePhones(people)) {
    expect(number).toBe('1');
    break;
  }
  await returned;
  await cancelled;
});

async function drain(stream: AsyncIterable<object>): Promise<void> {
  for await (const message of stream) expect(message).toBeDefined();
}

const kinds = [
  ['unary', (d: Directory, signal: AbortSignal) => d.people.getPhone({}, { signal })],
  [
    'server stream',
    (d: Directory, signal: AbortSignal) => drain(d.people.listPersons({}, { signal })),
  ],
  [
    'client stream',
    (d: Directory, signal: AbortSignal) => d.people.recordPersons(endless().people, { signal }),
  ],
  [
    'bidi stream',
    (d: Directory, signal: AbortSignal) =>
      drain(d.people.routePhones(endless().people, { signal })),
  ],
] as const;

it.each(kinds)(
  'rejects a %s call and cancels it on the server when its signal is aborted',
  async (_, make) => {
    const { directory, begun, cancelled } = await serveEndless();
    const controller = new AbortController();
    const rejection = rejectionOf(make(directory, controller.signal));
    await begun;
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await rejection).toMatchObject({ code: status.CANCELLED, cause: reason });
    await cancelled;
  },
);

it.each(kinds)('opens no %s call with a signal that is already aborted', async (_, make) => {
  const { directory, calls } = await serveEndless();
  const error = await rejectionOf(make(directory, AbortSignal.abort()));
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ code: status.CANCELLED });
  expect(directory.state).toBe('IDLE');
  await directory.waitForReady();
  expect(calls()).toBe(0);
});

it.each(kinds)(
  'rejects a %s call whose signal times out with DEADLINE_EXCEEDED',
  async (_, make) => {
    const { directory, begun, cancelled } = await serveEndless();
    const controller = new AbortController();
    const rejection = rejectionOf(make(directory, controller.signal));
    await begun;
    const cause = new DOMException('timed out', 'TimeoutError');
    controller.abort(cause);
    expect(await rejection).toMatchObject({ code: status.DEADLINE_EXCEEDED, cause });
    await cancelled;
  },
);

it('rejects a call with DEADLINE_EXCEEDED for AbortSignal.timeout()', async () => {
  const { directory } = await serveEndless();
  const signal = AbortSignal.timeout(50);
  expect(await rejectionOf(directory.people.getPhone({}, { signal }))).toMatchObject({
    codeName: 'DEADLINE_EXCEEDED',
    cause: { name: 'TimeoutError' },
  });
});

it('opens no call for a stream that is not read', async () => {
  const { directory } = await serveEndless();
  const stream = directory.people.listPersons({});
  await stream.return();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(directory.state).toBe('IDLE');
});

it('removes its listener from a signal that outlives the call', async () => {
  const { address } = await serve({
    people: {
      getPhone: (_, callback) => {
        callback(null, EMPTY_PHONE);
      },
    },
  });
  const directory = closeLater(connect(address));
  const { signal } = new AbortController();
  const add = jest.spyOn(signal, 'addEventListener');
  const remove = jest.spyOn(signal, 'removeEventListener');
  for (let calls = 0; calls < 20; calls += 1) await directory.people.getPhone({}, { signal });
  expect(add).toHaveBeenCalledTimes(20);
  expect(remove).toHaveBeenCalledTimes(20);
});

it('ends a hundred calls with one signal without a warning', async () => {
  const { directory } = await serveEndless();
  const controller = new AbortController();
  const { signal } = controller;
  const warned = jest.fn();
  // Jest gives tests a copy of `process`, which emits no warnings.
  const realProcess = runInThisContext('process') as NodeJS.Process;
  realProcess.on('warning', warned);
  const calls = Array.from({ length: 100 }, () => directory.people.getPhone({}, { signal }));
  const ends = calls.map(rejectionOf);
  await new Promise(setImmediate);
  controller.abort();
  for (const end of ends) expect(await end).toMatchObject({ codeName: 'CANCELLED' });
  // Warnings are emitted on the next tick.
  await new Promise(setImmediate);
  realProcess.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

it('cancels the call and rejects with the error of the requests', async () => {
  const { directory, begun, cancelled } = await serveEndless();
  const mine = new Error('mine');
  async function* failing(): AsyncGenerator<Person> {
    yield PERSON;
    await begun;
    throw mine;
  }
  expect(await rejectionOf(directory.people.recordPersons(failing()))).toBe(mine);
  await cancelled;
});

it('ends a bidi stream with the error of the requests', async () => {
  const { directory, cancelled } = await serveEndless();
  const mine = new Error('mine');
  const numbers: string[] = [];
  const responded = deferred();
  async function* failing(): AsyncGenerator<Person> {
    yield PERSON;
    await responded.promise;
    throw mine;
  }
  const read = async (): Promise<void> => {
    for await (const { number } of directory.people.routePhones(failing())) {
      numbers.push(number);
      responded.resolve();
    }
  };
  expect(await rejectionOf(read())).toBe(mine);
  expect(numbers).toEqual(['1']);
  await cancelled;
});

it('cancels the stream and returns the requests when one cannot be encoded', async () => {
  const { directory, cancelled } = await serveEndless();
  let returned = false;
  function* people(): Generator<{ id: number }> {
    try {
      yield { id: 1 };
      yield { id: 1.5 };
    } finally {
      returned = true;
    }
  }
  const error = await rejectionOf(directory.people.recordPersons(people()));
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).stack).toContain(__filename);
  expect(returned).toBe(true);
  await cancelled;
});

it('rejects requests that are not iterable with a TypeError', async () => {
  const { directory } = await serveEndless();
  const error = await rejectionOf(directory.people.recordPersons(5 as never));
  expect(error).toBeInstanceOf(TypeError);
});

it('returns the requests when the server ends the call early', async () => {
  const { address } = await serve({
    people: {
      recordPersons: (call, callback) => {
        call.once('data', () => {
          callback({ code: status.RESOURCE_EXHAUSTED, details: 'too many' });
        });
      },
    },
  });
  const directory = closeLater(connect(address));
  const { people, returned } = endless();
  const error = await rejectionOf(directory.people.recordPersons(people));
  expect(error).toMatchObject({ codeName: 'RESOURCE_EXHAUSTED' });
  await returned;
});

it('ignores requests that fail after the call has ended', async () => {
  const { directory, begun } = await serveEndless();
  const controller = new AbortController();
  const late = deferred();
  const people = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await late.promise;
        throw new Error('too late');
      },
      return: () => Promise.reject(new Error('late too')),
    }),
  };
  const { signal } = controller;
  const rejection = rejectionOf(directory.people.recordPersons(people, { signal }));
  await begun;
  controller.abort();
  expect(await rejection).toMatchObject({ codeName: 'CANCELLED' });
  late.resolve();
  // An unhandled rejection would fail the run.
  await new Promise(setImmediate);
});

it('takes requests no faster than the server reads them', async () => {
  const paused = deferred();
  const { address } = await serve({
    people: {
      recordPersons: (call) => {
        call.on('error', () => undefined);
        paused.resolve();
      },
    },
  });
  const directory = closeLater(connect(address));
  let taken = 0;
  function* people(): Generator<{ name: string }> {
    for (;;) {
      taken += 1;
      yield { name: 'x'.repeat(10_000) };
    }
  }
  const controller = new AbortController();
  const rejection = rejectionOf(
    directory.people.recordPersons(people(), { signal: controller.signal }),
  );
  await paused.promise;
  await steady(() => taken);
  expect(taken * 10_000).toBeLessThan(16 * 1024 * 1024);
  controller.abort();
  await rejection;
});

it('stops the server from writing while the reader pauses', async () => {
  let written = 0;
  const blocked = deferred();
  const { address } = await serve({
    people: {
      listPersons: (call) => {
        const name = 'x'.repeat(10_000);
        call.on('error', () => undefined);
        while (call.write({ ...PERSON, name })) written += 1;
        const more = (): void => {
          do written += 1;
          while (written < 5000 && call.write({ ...PERSON, name }));
          if (written >= 5000) call.end();
        };
        call.on('drain', more);
        blocked.resolve();
      },
    },
  });
  const directory = closeLater(connect(address));
  let read = 0;
  for await (const { name } of directory.people.listPersons({} satisfies Partial<Adress>)) {
    read += 1;
    expect(name).toHaveLength(10_000);
    if (read > 1) continue;
    await blocked.promise;
    await steady(() => written);
    expect(written * 10_000).toBeLessThan(16 * 1024 * 1024);
  }
  expect(read).toBeGreaterThan(4000);
});

it('leaves no handler on the server and no object here after 1,000 aborted streams', async () => {
  let running = 0;
  let idle = deferred();
  const { address } = await serve({
    people: {
      listPersons: (call) => {
        running += 1;
        call.on('error', () => undefined);
        call.once('cancelled', () => {
          running -= 1;
          if (running === 0) idle.resolve();
        });
        call.write(PERSON);
      },
    },
  });
  const directory = closeLater(connect(address));
  const seen: WeakRef<object>[] = [];
  const readOne = async (index: number): Promise<void> => {
    const controller = new AbortController();
    const stream = directory.people.listPersons({}, { signal: controller.signal });
    seen.push(new WeakRef(stream));
    await stream.next();
    if (index % 2 === 0) controller.abort();
    else await stream.return();
  };
  for (let batch = 0; batch < 10; batch += 1) {
    idle = deferred();
    await Promise.all(Array.from({ length: 100 }, (_, index) => readOne(index)));
    await idle.promise;
  }
  expect(running).toBe(0);
  expect(seen).toHaveLength(1000);
  await collectGarbage();
  const kept = seen.filter((stream) => stream.deref() !== undefined);
  expect(kept.length).toBeLessThan(10);
});

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // deref() keeps its object alive until the end of the turn.
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise(setImmediate);
    gc();
  }
}

/** Waits until 300 turns of the event loop have not changed a count. */
async function steady(count: () => number): Promise<void> {
  let before = -1;
  for (let turns = 0; turns < 300; turns += 1) {
    if (count() !== before) turns = 0;
    before = count();
    await new Promise(setImmediate);
  }
}
