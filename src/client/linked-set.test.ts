import { LinkedSet } from './linked-set.js';

const entries = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));

it('does what a Set does, whatever comes and goes', () => {
  const set = new LinkedSet<{ id: number }>();
  const expected = new Set<{ id: number }>();
  const some = entries(8);
  let state = 1;
  for (let step = 0; step < 2_000; step += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const entry = some[state % some.length] as { id: number };
    if (state % 3 === 0) {
      expect(set.delete(entry)).toBe(expected.delete(entry));
    } else {
      expect(set.add(entry)).toBe(set);
      expected.add(entry);
    }
    expect(set.has(entry)).toBe(expected.has(entry));
    expect(set.size).toBe(expected.size);
    expect([...set]).toEqual([...expected]);
  }
});

it('visits those that it had at the beginning, also if they leave meanwhile', () => {
  const set = new LinkedSet<{ id: number }>();
  for (const entry of entries(4)) set.add(entry);
  const visited: number[] = [];
  for (const entry of set) {
    visited.push(entry.id);
    for (const other of set) set.delete(other);
  }
  expect(visited).toEqual([0, 1, 2, 3]);
  expect(set.size).toBe(0);
});

it('leaves no reference from an entry that has left to those that stay', () => {
  const set = new LinkedSet<object>();
  const [first, second, third] = entries(3) as [object, object, object];
  for (const entry of [first, second, third]) set.add(entry);
  set.delete(second);
  const kept = Object.getOwnPropertySymbols(second).map(
    (symbol) => (second as Record<symbol, unknown>)[symbol],
  );
  expect(kept).toEqual([undefined, undefined]);
});
