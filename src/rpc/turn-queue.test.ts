import { setImmediate as nextTurn } from 'node:timers/promises';
import { TurnQueue, type QueuedCall } from './turn-queue.js';

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
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
  await nextTurn();
  expect(queue.isOverloaded('other')).toBe(false);
});
