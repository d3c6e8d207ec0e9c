import { CommitUnknownError } from './errors.js';
import { createGroupCommit, type Outcome } from './group-commit.js';

interface Write {
  readonly name: string;
  readonly size?: number;
}

/** Groups writes; `run` decides what happens to each group. */
function createGroup(run: (names: readonly string[]) => Promise<void> | void) {
  const groups: string[][] = [];
  const group = createGroupCommit<Write, string>({
    run: async (writes) => {
      const names = writes.map(({ name }) => name);
      groups.push(names);
      await run(names);
      return names.map((name): Outcome<string> =>
        name.startsWith('bad') ? { error: new Error(name) } : { result: `done ${name}` },
      );
    },
    isRepeatable: ({ name }) => name.startsWith('repeatable'),
    sizeOf: ({ size = 1 }) => size,
    maxSize: 10,
  });
  return { group, groups };
}

describe('group commit', () => {
  it('does the writes of one turn together, each with its own outcome', async () => {
    const { group, groups } = createGroup(() => undefined);
    const results = await Promise.allSettled(
      ['a', 'bad', 'c'].map((name) => group.write({ name })),
    );
    expect(groups).toEqual([['a', 'bad', 'c']]);
    expect(results).toMatchObject([
      { value: 'done a' },
      { reason: { message: 'bad' } },
      { value: 'done c' },
    ]);
  });

  it('gathers writes while a transaction runs', async () => {
    const later: Promise<string>[] = [];
    const { group, groups } = createGroup(() => {
      if (groups.length === 1) later.push(group.write({ name: 'b' }), group.write({ name: 'c' }));
    });
    await group.write({ name: 'a' });
    await Promise.all(later);
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  it('ends a group before it becomes too large', async () => {
    const { group, groups } = createGroup(() => undefined);
    const sizes = [4, 6, 1, 99, 2];
    await Promise.all(sizes.map((size) => group.write({ name: String(size), size })));
    expect(groups).toEqual([['4', '6'], ['1'], ['99'], ['2']]);
  });

  it('does the writes of a failed group one by one', async () => {
    const { group, groups } = createGroup((names) => {
      if (names.includes('poison')) throw new Error('rejected by the database');
    });
    const results = await Promise.allSettled(
      ['a', 'poison', 'c'].map((name) => group.write({ name })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(groups).toEqual([['a', 'poison', 'c'], ['a'], ['poison'], ['c']]);
  });

  it('rejects all writes of a group when the connection is lost before the commit', async () => {
    const { group, groups } = createGroup(() => {
      throw Object.assign(new Error('read'), { code: 'ECONNRESET' });
    });
    const results = await Promise.allSettled(['a', 'b'].map((name) => group.write({ name })));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(groups).toHaveLength(1);
  });

  it('does repeatable writes again when the outcome of the commit is unknown', async () => {
    const { group, groups } = createGroup(() => {
      if (groups.length === 1) throw new CommitUnknownError(new Error('lost'));
    });
    const results = await Promise.allSettled(
      ['a', 'repeatable b'].map((name) => group.write({ name })),
    );
    expect(results).toMatchObject([
      { reason: { name: 'Error', message: 'the connection was lost during the commit' } },
      { value: 'done repeatable b' },
    ]);
    expect(groups).toEqual([['a', 'repeatable b'], ['repeatable b']]);
  });

  it('rejects a write as soon as its signal aborts, and does the others', async () => {
    const reason = new Error('the caller is gone');
    const controller = new AbortController();
    const { group, groups } = createGroup(() => undefined);
    const aborted = group.write({ name: 'a' }, controller.signal);
    const other = group.write({ name: 'b' });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await other;
    expect(groups).toEqual([['b']]);
  });

  it('is idle when nothing is pending', async () => {
    const { group, groups } = createGroup(() => undefined);
    await group.idle();
    void group.write({ name: 'a' });
    await group.idle();
    expect(groups).toEqual([['a']]);
  });
});
