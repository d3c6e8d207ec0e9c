import { kill } from 'node:process';
import { connect, type ConnectOptions } from '../index.js';
import { rejectionOf } from '../test-support/outcome.js';
import {
  closeLater,
  EMPTY_PHONE,
  proxyTo,
  serve,
  spawnServer,
  stopAll,
} from './servers.test.support.js';

afterEach(stopAll);

type PhoneCallback = (error: null, phone: { number: string; type: 0 }) => void;

it('spreads calls over the servers of a list, or keeps to the first one', async () => {
  const servers = await Promise.all([spawnServer(), spawnServer(), spawnServer()]);
  const addresses = servers.map(({ address }) => address);
  const count = async (loadBalancing: 'round_robin' | 'pick_first'): Promise<number[]> => {
    const directory = closeLater(connect(addresses, { loadBalancing }));
    // Until each server is connected, calls go to the connected ones.
    const counts = new Map<string, number>();
    while (counts.size < (loadBalancing === 'round_robin' ? 3 : 1)) {
      const { number } = await directory.people.getPhone({});
      counts.set(number, 1);
    }
    for (let calls = 0; calls < 30; calls += 1) {
      const { number } = await directory.people.getPhone({});
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    return [...counts.values()];
  };
  expect(await count('round_robin')).toEqual([11, 11, 11]);
  expect(await count('pick_first')).toEqual([31]);
}, 20_000);

it('opens several connections to each server, which take its calls in turn', async () => {
  const withPeer = {
    people: {
      getPhone: (call: { getPeer(): string }, callback: PhoneCallback) => {
        callback(null, { number: call.getPeer(), type: 0 });
      },
    },
  };
  const servers = [await serve(withPeer), await serve(withPeer)];
  const addresses = servers.map(({ address }) => address);
  const peersOf = async (options: ConnectOptions, expected: number): Promise<number[]> => {
    const directory = closeLater(connect(addresses, options));
    const counts = new Map<string, number>();
    const call = async (): Promise<void> => {
      const { number } = await directory.people.getPhone({});
      counts.set(number, (counts.get(number) ?? 0) + 1);
    };
    // Until all are connected, calls go to the connected ones.
    while (counts.size < expected) await call();
    counts.clear();
    for (let calls = 0; calls < 6 * expected; calls += 1) await call();
    return [...counts.values()];
  };
  expect(await peersOf({ connections: 3 }, 6)).toEqual(Array(6).fill(6));
  expect(await peersOf({ connections: 3, loadBalancing: 'pick_first' }, 3)).toEqual([6, 6, 6]);
  expect(await peersOf({ loadBalancing: 'pick_first' }, 1)).toEqual([6]);
});

it('fails no read when one of several connections is cut', async () => {
  const { port } = await serve({
    people: {
      getPhone: (_, callback) => {
        callback(null, EMPTY_PHONE);
      },
    },
  });
  const proxy = await proxyTo(port);
  const directory = closeLater(connect(proxy.address, { connections: 4 }));
  const calls = Array.from({ length: 400 }, async (_, call) => {
    await directory.people.getPhone({});
    if (call === 200) proxy.break();
  });
  await Promise.all(calls);
  for (let call = 0; call < 100; call += 1) await directory.people.getPhone({});
});

it('fails no read when one of three servers is killed under load', async () => {
  const servers = await Promise.all([spawnServer(), spawnServer(), spawnServer()]);
  const [victim, ...others] = servers.map(({ pid }) => String(pid));
  const directory = closeLater(connect(servers.map(({ address }) => address)));
  const counts = new Map<string, number>();
  let calls = 0;
  const worker = async (): Promise<void> => {
    while (calls < 6000) {
      calls += 1;
      if (calls === 2000) kill(Number(victim), 'SIGKILL');
      if (calls === 4000) counts.clear();
      const { number } = await directory.people.getPhone({ id: 1 });
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  expect([...counts.keys()].sort()).toEqual(others.sort());
  for (const count of counts.values()) expect(count).toBeGreaterThan(600);
}, 30_000);

it('moves to the second server when the first one stops', async () => {
  const returning = (number: string) => ({
    people: {
      getPhone: (_: unknown, callback: PhoneCallback) => {
        callback(null, { number, type: 0 });
      },
    },
  });
  const first = await serve(returning('first'));
  const second = await serve(returning('second'));
  const options = { loadBalancing: 'pick_first' } as const;
  const directory = closeLater(connect([first.address, second.address], options));
  expect((await directory.people.getPhone({})).number).toBe('first');
  first.stop();
  expect((await directory.people.getPhone({})).number).toBe('second');
});

describe('a server that is frozen', () => {
  const keepalive = { timeMs: 200, timeoutMs: 200 };

  it('ends a unary call and a stream with UNAVAILABLE well before the deadline', async () => {
    const { address, pid } = await spawnServer();
    const options = { keepalive, connectTimeoutMs: 300, timeoutMs: 60_000 };
    const directory = closeLater(connect(address, options));
    const stream = directory.people.listPersons({});
    await stream.next();
    kill(pid, 'SIGSTOP');
    const frozenMs = Date.now();
    const errors = [
      rejectionOf(directory.people.getPhone({})),
      rejectionOf(stream.next()),
      rejectionOf(directory.people.listPersons({}).next()),
    ];
    for (const error of errors) expect(await error).toMatchObject({ codeName: 'UNAVAILABLE' });
    expect(Date.now() - frozenMs).toBeLessThan(5000);
  }, 20_000);

  it('is reported within the deadline, although a call is retried meanwhile', async () => {
    const { address, pid } = await spawnServer();
    const directory = closeLater(connect(address, { keepalive, timeoutMs: 4000 }));
    await directory.people.getPhone({});
    kill(pid, 'SIGSTOP');
    expect(await rejectionOf(directory.people.getPhone({}))).toMatchObject({
      codeName: 'UNAVAILABLE',
      message: expect.stringContaining('may have stopped or be frozen') as string,
    });
  }, 20_000);

  it('does not delay a read that another server can serve', async () => {
    const servers = await Promise.all([spawnServer(), spawnServer()]);
    const directory = closeLater(
      connect(
        servers.map(({ address }) => address),
        { keepalive, timeoutMs: 60_000 },
      ),
    );
    const seen = new Set<string>();
    while (seen.size < 2) seen.add((await directory.people.getPhone({})).number);
    const [frozen, alive] = servers;
    kill(frozen.pid, 'SIGSTOP');
    for (let calls = 0; calls < 4; calls += 1) {
      expect((await directory.people.getPhone({})).number).toBe(String(alive.pid));
    }
  }, 20_000);
});
