import { gatherReads } from './gathered-reads.js';

/** Notes the keys of each call. Negative keys are not found, and 0 makes it fail. */
function notedFind() {
  const calls: (readonly number[])[] = [];
  const find = (keys: readonly number[]) => {
    calls.push(keys);
    if (keys.includes(0)) throw new Error('broken');
    return keys.map((key) => (key < 0 ? undefined : `value ${key}`));
  };
  return { calls, find };
}

const turn = () => new Promise(setImmediate);

describe('gathered reads', () => {
  it('are made immediately while there are few in a turn', async () => {
    const { calls, find } = notedFind();
    const reads = gatherReads(find);
    for (let count = 0; count < 3; count += 1) {
      expect([reads.read(1), reads.read(-2), reads.read(3)]).toEqual([
        'value 1',
        undefined,
        'value 3',
      ]);
      await turn();
    }
    expect(calls).toHaveLength(9);
  });

  it('are made together in the turn after one with many, and each gets its own value', async () => {
    const { calls, find } = notedFind();
    const reads = gatherReads(find);
    for (const key of [1, 2, 3, 4]) void reads.read(key);
    await turn();
    calls.length = 0;
    const found = Promise.all([5, -6, 7, 5].map(async (key) => reads.read(key)));
    expect(calls).toEqual([]);
    expect(await found).toEqual(['value 5', undefined, 'value 7', 'value 5']);
    expect(calls).toEqual([[5, -6, 7, 5]]);
    await turn();
    void reads.read(8);
    await turn();
    expect(reads.read(9)).toBe('value 9');
  });

  it('are at most 32 at a time', async () => {
    const { calls, find } = notedFind();
    const reads = gatherReads(find);
    for (const key of [1, 2, 3, 4]) void reads.read(key);
    await turn();
    calls.length = 0;
    const keys = Array.from({ length: 70 }, (_, index) => index + 1);
    const found = await Promise.all(keys.map(async (key) => reads.read(key)));
    expect(found).toEqual(keys.map((key) => `value ${key}`));
    expect(calls.map(({ length }) => length)).toEqual([32, 32, 6]);
  });

  it('are made by flush(), and fail only together', async () => {
    const { calls, find } = notedFind();
    const reads = gatherReads(find);
    for (const key of [1, 2, 3, 4]) void reads.read(key);
    await turn();
    calls.length = 0;
    const failing = Promise.allSettled([5, 0].map(async (key) => reads.read(key)));
    reads.flush();
    const later = reads.read(6);
    reads.flush();
    reads.flush();
    expect(calls).toEqual([[5, 0], [6]]);
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await later).toBe('value 6');
  });
});
