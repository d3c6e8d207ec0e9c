import { add } from '../../contract/store-messages.js';
import type { Store } from '../../directory/store.js';
import { openSqliteStore } from './sqlite-store.js';

const turn = () => new Promise(setImmediate);

describe('The writes of a SQLite store', () => {
  let store: Store;
  let groups: number[];
  let nowMs: number;

  beforeEach(async () => {
    groups = [];
    nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    // In memory, a group is committed in the turn in which it is sent.
    store = await openSqliteStore(':memory:', {
      onCommit: ({ writes }) => {
        groups.push(writes);
      },
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await store.close();
  });

  /** Starts so many writes in this turn. */
  function write(count: number): Promise<unknown> {
    return Promise.all(Array.from({ length: count }, () => add(store)));
  }

  it('are committed at the end of their turn, together, where there are few', async () => {
    for (const count of [1, 3, 1]) {
      const written = write(count);
      await turn();
      await written;
    }
    expect(groups).toEqual([1, 3, 1]);
  });

  it('share a commit with those of the next turns after a large group, until none come', async () => {
    await write(20);
    const written = [write(1)];
    for (let count = 2; count <= 5; count += 1) {
      await turn();
      expect(groups).toEqual([20]);
      written.push(write(1));
    }
    await turn();
    await turn();
    await Promise.all(written);
    expect(groups).toEqual([20, 5]);
  });

  it('are not gathered for longer than 2 ms, nor beyond 64', async () => {
    await write(20);
    const late = write(9);
    await turn();
    nowMs = 2;
    const later = write(1);
    await turn();
    await Promise.all([late, later]);
    expect(groups).toEqual([20, 10]);
    const many = write(64);
    await turn();
    await many;
    expect(groups).toEqual([20, 10, 64]);
  });

  it('are all made before the store is closed', async () => {
    await write(20);
    const written = [write(2)];
    await turn();
    written.push(write(1));
    const closed = store.close();
    await Promise.all([...written, closed]);
    expect(groups).toEqual([20, 3]);
  });
});
