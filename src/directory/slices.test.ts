import { Slices } from './slices.js';

const MIB = 1024 * 1024;

/** Works on `parts` of that many bytes; `log` gets the name at each of them. */
async function work(slices: Slices, name: string, parts: number, log: string[]): Promise<void> {
  for (let part = 0; part < parts; part += 1) {
    const turn = slices.take(MIB);
    if (turn !== undefined) await turn;
    log.push(name);
  }
}

const nextTurn = (): Promise<void> => new Promise(setImmediate);

it('does not make those wait whose work fits into the turn', () => {
  const slices = new Slices();
  expect(Array.from({ length: 100 }, () => slices.take(MIB / 100))).toEqual(
    Array.from({ length: 100 }, () => undefined),
  );
  expect(slices.take(1)).toBeInstanceOf(Promise);
});

it('gives each turn to one of those who need all of it, in order', async () => {
  const slices = new Slices();
  const log: string[] = [];
  const all = Promise.all(['a', 'b', 'c'].map((name) => work(slices, name, 3, log)));
  for (let turn = 1; turn <= 9; turn += 1) {
    expect(log).toHaveLength(turn);
    await nextTurn();
  }
  await all;
  expect(log.join('')).toBe('aabcabcbc');
});

it('resumes as many as one turn has room for', async () => {
  const slices = new Slices();
  void slices.take(MIB);
  let resumed = 0;
  for (let waiting = 0; waiting < 10; waiting += 1) {
    void slices.take(MIB / 4)?.then(() => (resumed += 1));
  }
  const counts: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await nextTurn();
    counts.push(resumed);
  }
  expect(counts).toEqual([4, 8, 10, 10]);
  expect(slices.take(1)).toBeUndefined();
});

it('makes those who come later wait behind the others', async () => {
  const slices = new Slices();
  void slices.take(2 * MIB);
  const log: string[] = [];
  void slices.take(MIB)?.then(() => log.push('first'));
  void slices.take(1)?.then(() => log.push('second'));
  await nextTurn();
  expect(log).toEqual(['first']);
  void slices.take(1)?.then(() => log.push('third'));
  await nextTurn();
  expect(log).toEqual(['first', 'second', 'third']);
});
