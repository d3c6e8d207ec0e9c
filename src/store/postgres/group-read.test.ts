import { createGroupRead } from './group-read.js';

/** A query whose calls a test answers one by one. */
function controlledQuery() {
  const calls: { keys: readonly number[]; succeed: () => void; fail: (error: Error) => void }[] =
    [];
  const query = (keys: readonly number[]) =>
    new Promise<Map<number, string>>((resolve, reject) => {
      const succeed = (): void => {
        resolve(new Map(keys.filter((key) => key > 0).map((key) => [key, `value ${key}`])));
      };
      calls.push({ keys, succeed, fail: reject });
    });
  return { calls, query };
}

const turn = () => new Promise(setImmediate);

describe('group read', () => {
  it('looks up all keys of a turn in one query, each once', async () => {
    const { calls, query } = controlledQuery();
    const lookup = createGroupRead(query);
    const found = Promise.all([1, 2, 1, -5].map((key) => lookup(key)));
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([[1, 2, -5]]);
    calls[0]?.succeed();
    expect(await found).toEqual(['value 1', 'value 2', 'value 1', undefined]);
  });

  it('gathers lookups while three queries run', async () => {
    const { calls, query } = controlledQuery();
    const lookup = createGroupRead(query);
    const found: Promise<string | undefined>[] = [];
    for (let key = 1; key <= 6; key += 1) {
      found.push(lookup(key));
      await turn();
    }
    expect(calls.map(({ keys }) => keys)).toEqual([[1], [2], [3]]);
    calls[1]?.succeed();
    await found[1];
    await turn();
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([[1], [2], [3], [4, 5, 6]]);
    for (const { succeed } of calls) succeed();
    expect(await Promise.all(found)).toHaveLength(6);
  });

  it('asks for at most 500 keys in one query', async () => {
    const { calls, query } = controlledQuery();
    const lookup = createGroupRead(query);
    const found = Array.from({ length: 1200 }, (_, key) => lookup(key + 1));
    await turn();
    await turn();
    await turn();
    expect(calls.map(({ keys }) => keys.length)).toEqual([500, 500, 200]);
    for (const { succeed } of calls) succeed();
    expect(new Set(await Promise.all(found)).size).toBe(1200);
  });

  it('rejects only the lookups of the query that failed, and goes on', async () => {
    const { calls, query } = controlledQuery();
    const lookup = createGroupRead(query);
    const failing = [lookup(1), lookup(2)];
    await turn();
    const later = lookup(1);
    await turn();
    calls[0]?.fail(new Error('broken'));
    calls[1]?.succeed();
    const results = await Promise.allSettled(failing);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await later).toBe('value 1');
  });

  it('does not query a key whose callers have all left', async () => {
    const { calls, query } = controlledQuery();
    const lookup = createGroupRead(query);
    const gone = AbortSignal.abort();
    void lookup(1, gone);
    void lookup(2, gone);
    const wanted = lookup(2);
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([[2]]);
    calls[0]?.succeed();
    expect(await wanted).toBe('value 2');
    void lookup(3, gone);
    await turn();
    expect(calls).toHaveLength(1);
  });
});
