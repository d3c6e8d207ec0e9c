import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnQueue, type QueuedCall } from './turn-queue.js';

/** Keeps the event loop busy, also on a machine with other work. */
function work(ms: number): void {
  const end = performance.now() + ms;
  const start = process.cpuUsage();
  let usedMs = 0;
  while (performance.now() < end || usedMs < ms) {
    const { user, system } = process.cpuUsage(start);
    usedMs = (user + system) / 1000;
  }
}

function callOf(peer: string, ran: string[], ms = 0): QueuedCall {
  return {
    peer,
    runInTurn: () => {
      work(ms);
      ran.push(peer);
    },
  };
}

it('runs a call immediately while the turn is young', () => {
  const queue = new TurnQueue(100);
  const ran: string[] = [];
  queue.run(callOf('a', ran));
  expect(ran).toEqual(['a']);
});

it('takes calls in slices, so that others have their turn between them', async () => {
  const queue = new TurnQueue(1000);
  const ran: string[] = [];
  for (let call = 0; call < 30; call += 1) queue.run(callOf('a', ran, 2));
  const turns: number[] = [];
  while (ran.length < 30) {
    turns.push(ran.length);
    await nextTurn();
  }
  // 10 ms are five calls, or fewer on a busy machine.
  expect(turns.length).toBeGreaterThanOrEqual(5);
});

it('takes the calls of all connections in turn', async () => {
  const queue = new TurnQueue(1000);
  const ran: string[] = [];
  queue.run(callOf('first', ran, 15));
  for (let call = 0; call < 50; call += 1) queue.run(callOf('much', ran));
  queue.run(callOf('little', ran));
  await nextTurn();
  expect(ran.indexOf('little')).toBe(2);
  while (ran.length < 52) await nextTurn();
});

it('serves light calls beside as many heavy ones, whatever the number of their connections', async () => {
  const queue = new TurnQueue(1000);
  const ran: string[] = [];
  for (let call = 0; call < 30; call += 1) queue.run(callOf(`heavy ${call % 10}`, ran, 5));
  for (let call = 0; call < 20; call += 1) queue.run(callOf('light', ran));
  while (ran.length < 50) await nextTurn();
  // Two run immediately. Taken one by one from each, the last light call would be behind all 30.
  const heavy = ran.slice(0, ran.lastIndexOf('light')).filter((peer) => peer !== 'light');
  expect(heavy.length).toBeLessThan(25);
});

it('takes a call of a connection that had none waiting before all others', async () => {
  const queue = new TurnQueue(1000);
  const ran: string[] = [];
  for (let call = 0; call < 40; call += 1) queue.run(callOf(`busy ${call % 10}`, ran, 12));
  await nextTurn();
  await nextTurn();
  const before = ran.length;
  queue.run(callOf('new', ran));
  while (!ran.includes('new')) await nextTurn();
  // Those that had none waiting either, and came before.
  expect(ran.indexOf('new') - before).toBeLessThan(10);
  while (ran.length < 41) await nextTurn();
});

describe('the parts of streams', () => {
  it('go on immediately while no other stream waits', async () => {
    const queue = new TurnQueue(1000);
    const stream = { peer: 'a' };
    expect(queue.nextPart(stream)).toBeUndefined();
    expect(queue.nextPart(stream)).toBeUndefined();
    await nextTurn();
    expect(queue.nextPart({ peer: 'b' })).toBeUndefined();
    await nextTurn();
  });

  it('go on one by one, in slices, although all are woken together', async () => {
    const queue = new TurnQueue(1000);
    let turn = 0;
    const turns: number[] = [];
    const part = async (): Promise<void> => {
      await queue.nextPart({ peer: 'a' });
      // What a promise leads to counts, too.
      await Promise.resolve();
      work(3);
      turns.push(turn);
    };
    const parts = Array.from({ length: 12 }, part);
    while (turns.length < 12) {
      await nextTurn();
      turn += 1;
    }
    await Promise.all(parts);
    // The first ones go on immediately.
    const perTurn = turns.map((one) => turns.filter((other) => other === one).length);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(5);
  });

  it('do not keep calls waiting', async () => {
    const queue = new TurnQueue(1000);
    const ran: string[] = [];
    const parts = Array.from({ length: 30 }, async () => {
      await queue.nextPart({ peer: 'many streams' });
      work(5);
      ran.push('part');
    });
    await nextTurn();
    queue.run(callOf('other', ran));
    while (!ran.includes('other')) await nextTurn();
    expect(ran.length).toBeLessThan(10);
    await Promise.all(parts);
  });

  it('are taken from all connections in turn', async () => {
    const queue = new TurnQueue(1000);
    const ran: string[] = [];
    const part = async (peer: string): Promise<void> => {
      await queue.nextPart({ peer });
      ran.push(peer);
    };
    const parts = Array.from({ length: 50 }, () => part('much'));
    parts.push(part('little'));
    await Promise.all(parts);
    expect(ran.indexOf('little')).toBe(2);
  });
});

it('is overloaded for a connection whose calls have waited too long, and not for another', async () => {
  const queue = new TurnQueue(200);
  const ran: string[] = [];
  for (let call = 0; call < 40; call += 1) queue.run(callOf('much', ran, 12));
  expect(queue.isOverloaded('much')).toBe(false);
  let overloaded = 0;
  let others = 0;
  while (ran.length < 40) {
    await nextTurn();
    if (queue.isOverloaded('much')) overloaded += 1;
    if (queue.isOverloaded('other')) others += 1;
  }
  expect(overloaded).toBeGreaterThan(5);
  expect(others).toBe(0);
  await nextTurn();
  expect(queue.isOverloaded('much')).toBe(false);
});

it('is overloaded for all when a turn has lasted too long', async () => {
  const queue = new TurnQueue(20);
  const ran: string[] = [];
  queue.run(callOf('a', ran, 40));
  expect(queue.isOverloaded('other')).toBe(true);
  // It is not the reason.
  expect(queue.isOverloaded('other', true)).toBe(false);
  await nextTurn();
  expect(queue.isOverloaded('other')).toBe(false);
});
