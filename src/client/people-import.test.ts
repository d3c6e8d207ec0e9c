import { status } from '@grpc/grpc-js';
import { ImportMatch } from '../../gen/personguide/person_guide.js';
import type { ImportFault, ImportPeopleProgress, PersonInput } from '../index.js';
import { rejectionOf } from '../test-support/outcome.js';
import { startImportServer } from './import-server.test.support.js';
import { stopAll } from './servers.test.support.js';

afterEach(stopAll);

const nameOf = (index: number): string => `person ${index}`;
const namesTo = (count: number): string[] => Array.from({ length: count }, (_, at) => nameOf(at));

/** People of whom some have no name; counts how many were read, and whether it was closed. */
function source(count: number, faulty: readonly number[] = []) {
  const state = { read: 0, closed: false };
  async function* people(): AsyncGenerator<PersonInput> {
    try {
      for (let at = 0; at < count; at += 1) {
        state.read += 1;
        yield { name: faulty.includes(at) ? '' : nameOf(at) };
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, people: people() };
}

describe('an import', () => {
  it('sends batches of people, and resolves with totals and faults', async () => {
    const { directory, names, calls, batches } = await startImportServer();
    const progress: ImportPeopleProgress[] = [];
    const told: number[] = [];
    const summary = await directory.people.importPeople(source(25, [3, 17]).people, {
      batchSize: 10,
      match: 'external-id',
      onProgress: (step) => void progress.push(step),
      onFaults: (faults) => void told.push(...faults.map(({ index }) => index)),
    });
    expect(batches).toEqual([10, 10, 5]);
    expect(names).toEqual(namesTo(25).filter((_, at) => at !== 3 && at !== 17));
    expect(calls).toEqual([
      {
        importId: summary.importId,
        dryRun: false,
        match: ImportMatch.IMPORT_MATCH_EXTERNAL_ID,
      },
    ]);
    expect(summary).toEqual({
      ...{ importId: expect.stringMatching(/^[!-~]{36}$/) as string, committed: 25, created: 23 },
      ...{ updated: 0, unchanged: 0, faulty: 2 },
      faults: [3, 17].map((index) => expect.objectContaining({ index, code: 3 }) as ImportFault),
    });
    expect(progress.map(({ committed, faulty }) => [committed, faulty])).toEqual([
      [0, 0],
      [10, 1],
      [20, 2],
      [25, 2],
    ]);
    expect(told).toEqual([3, 17]);
  });

  it('makes a new batch after 512 KiB', async () => {
    const { directory, batches } = await startImportServer();
    const people = Array.from({ length: 250 }, (_, at) => ({
      name: nameOf(at),
      note: 'x'.repeat(9000),
    }));
    await directory.people.importPeople(people);
    expect(batches).toEqual([59, 59, 59, 59, 14]);
  });

  it('takes arrays, iterables and nothing', async () => {
    const { directory, names } = await startImportServer();
    const { people } = directory;
    await people.importPeople([{ name: nameOf(0) }]);
    await people.importPeople(new Set([{ name: nameOf(1) }]));
    expect(names).toEqual(namesTo(2));
    expect(await people.importPeople([])).toMatchObject({ committed: 0, created: 0, faults: [] });
  });

  it('reads the people no faster than the server commits them', async () => {
    const { directory, batches } = await startImportServer({ 1: { with: 'silence' } });
    const { people, state } = source(1000);
    const controller = new AbortController();
    const { signal } = controller;
    const rejection = rejectionOf(directory.people.importPeople(people, { batchSize: 10, signal }));
    while (batches.length < 1) await new Promise(setImmediate);
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(state.read).toBe(40);
    controller.abort();
    expect(await rejection).toMatchObject({ codeName: 'CANCELLED' });
    expect(state.closed).toBe(true);
  });

  it('keeps the first 1,000 faults, and reports all of them', async () => {
    const { directory } = await startImportServer();
    let told = 0;
    const people = Array.from({ length: 2500 }, () => ({ name: '' }));
    const onFaults = (faults: readonly ImportFault[]): void => void (told += faults.length);
    const { faults, faulty } = await directory.people.importPeople(people, { onFaults });
    expect([faults.length, faults.at(-1)?.index, faulty, told]).toEqual([1000, 999, 2500, 2500]);
  });

  it('waits for the promises of its callbacks', async () => {
    const { directory } = await startImportServer();
    const steps: string[] = [];
    const slowly = async (step: string): Promise<void> => {
      steps.push(`${step} begins`);
      await new Promise(setImmediate);
      steps.push(`${step} ends`);
    };
    await directory.people.importPeople([{ name: '' }], {
      onFaults: () => slowly('faults'),
      onProgress: ({ committed }) => slowly(String(committed)),
    });
    expect(steps).toEqual([
      ...['0 begins', '0 ends'],
      ...['faults begins', 'faults ends'],
      ...['1 begins', '1 ends'],
    ]);
  });
});

describe('an import that loses its connection', () => {
  const LOST = { with: { code: status.UNAVAILABLE } } as const;

  it.each([
    ['after a batch was committed', true],
    ['before a batch was committed', false],
  ])('goes on %s: everyone once, each fault once', async (_, committed) => {
    const { directory, names, calls } = await startImportServer({
      2: { with: 'cut', committed },
      4: { ...LOST, committed },
    });
    const told: number[] = [];
    const { people } = source(95, [5, 15, 34, 90]);
    const summary = await directory.people.importPeople(people, {
      batchSize: 10,
      onFaults: (faults) => void told.push(...faults.map(({ index }) => index)),
    });
    expect(names).toEqual(namesTo(95).filter((_name, at) => ![5, 15, 34, 90].includes(at)));
    expect(told).toEqual([5, 15, 34, 90]);
    expect(summary).toMatchObject({ committed: 95, created: 91, faulty: 4 });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map((call) => call?.importId)).size).toBe(1);
  });

  it('goes on with the same numbers in a dry run, which has no import id', async () => {
    const { directory, calls } = await startImportServer({ 3: { with: 'cut', committed: false } });
    const { people } = source(45, [5, 25, 40]);
    const summary = await directory.people.importPeople(people, { batchSize: 10, dryRun: true });
    expect(summary).toMatchObject({ importId: undefined, committed: 45, created: 42, faulty: 3 });
    expect(summary.faults.map(({ index }) => index)).toEqual([5, 25, 40]);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toMatchObject({ importId: '', dryRun: true });
  });

  it('goes on when the server is still busy with the batch of the lost call', async () => {
    const conflict = { code: status.ABORTED, reason: 'IMPORT_CONFLICT' };
    const { directory, names } = await startImportServer({
      1: { with: conflict, committed: false },
      2: { with: conflict, committed: true },
    });
    await directory.people.importPeople(source(20).people, { batchSize: 10 });
    expect(names).toEqual(namesTo(20));
  });

  it('goes on in the middle of a batch of its own, if another process has imported that far', async () => {
    const { directory, names, imports } = await startImportServer({
      1: { ...LOST, committed: false },
    });
    const onProgress = (): void => {
      const known = imports.get('shared');
      if (known && known.committed === 0) Object.assign(known, { committed: 13, created: 13 });
    };
    const options = { batchSize: 10, importId: 'shared', onProgress };
    const { committed } = await directory.people.importPeople(source(30).people, options);
    expect(committed).toBe(30);
    expect(names).toEqual(namesTo(30).slice(13));
  });

  it('gives up if it cannot resume in time', async () => {
    const fails = Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8].map((at) => [at, { ...LOST, committed: false }]),
    );
    const { directory, calls } = await startImportServer(fails);
    const options = { resumeTimeoutMs: 1 };
    const error = await rejectionOf(directory.people.importPeople([{ name: 'Ada' }], options));
    expect(error).toMatchObject({ codeName: 'UNAVAILABLE' });
    expect(calls).toHaveLength(4);
  });

  it('fails if the directory no longer has what was committed', async () => {
    const { directory, imports } = await startImportServer({ 2: { ...LOST, committed: false } });
    const onProgress = ({ committed }: ImportPeopleProgress): void => {
      if (committed === 10) imports.delete('lost');
    };
    const options = { batchSize: 10, importId: 'lost', onProgress };
    expect(
      await rejectionOf(directory.people.importPeople(source(30).people, options)),
    ).toMatchObject({
      codeName: 'DATA_LOSS',
    });
  });
});

describe('an import that another process began', () => {
  it('skips the people who are committed, and reports all faults again', async () => {
    const { directory, names } = await startImportServer({
      3: { with: { code: status.PERMISSION_DENIED }, committed: true },
    });
    const options = { batchSize: 10, importId: 'monday' };
    const first = directory.people.importPeople(source(45, [5, 25, 40]).people, options);
    expect(await rejectionOf(first)).toMatchObject({ codeName: 'PERMISSION_DENIED' });
    const again = { ...options, batchSize: 7 };
    const summary = await directory.people.importPeople(source(45, [5, 25, 40]).people, again);
    expect(summary).toMatchObject({ importId: 'monday', committed: 45, created: 42, faulty: 3 });
    expect(summary.faults.map(({ index }) => index)).toEqual([5, 25, 40]);
    expect(names).toEqual(namesTo(45).filter((_, at) => ![5, 25, 40].includes(at)));
  });
});

describe('an import rejects', () => {
  it('with the error of the people, and those before it stay', async () => {
    const { directory, names } = await startImportServer();
    function* people(): Generator<PersonInput> {
      for (let at = 0; at < 15; at += 1) yield { name: nameOf(at) };
      throw new Error('the file is damaged');
    }
    const rejection = rejectionOf(directory.people.importPeople(people(), { batchSize: 10 }));
    expect(await rejection).toEqual(new Error('the file is damaged'));
    expect(namesTo(10)).toEqual(expect.arrayContaining(names));
  });

  it('with a TypeError that names the person who cannot be encoded', async () => {
    const { directory } = await startImportServer();
    const people = [{ name: 'Ada' }, { name: 'Bob', adress: [] }] as PersonInput[];
    expect(await rejectionOf(directory.people.importPeople(people))).toEqual(
      new TypeError('importPeople: people[1].adress is not a known field; did you mean adresses?'),
    );
  });

  it('with the error of a callback', async () => {
    const { directory } = await startImportServer();
    const { people, state } = source(1000);
    const onProgress = (): never => {
      throw new Error('the disk is full');
    };
    const rejection = rejectionOf(directory.people.importPeople(people, { onProgress }));
    expect(await rejection).toEqual(new Error('the disk is full'));
    expect(state.read).toBeLessThan(1001);
  });

  it('when the client is closed', async () => {
    const { directory } = await startImportServer();
    const onProgress = (): void => {
      directory.close();
    };
    const rejection = rejectionOf(directory.people.importPeople(source(5).people, { onProgress }));
    expect(await rejection).toMatchObject({
      codeName: 'CANCELLED',
      details: 'the client has been closed',
    });
  });

  it.each<[string, object, string]>([
    ['an unknown option', { matched: 'id' }, 'unknown option matched; did you mean match?'],
    ['another match', { match: 'name' }, "match must be 'id', 'external-id' or 'email'"],
    ['an import id that cannot be sent', { importId: 'a b' }, 'importId must be 1 to 128 visible'],
    ['a batch that is too large', { batchSize: 10_001 }, 'batchSize must be a whole number'],
    ['a dry run with an id', { dryRun: true, importId: 'x' }, 'a dry run cannot have an importId'],
  ])('with a TypeError for %s', async (_, options, text) => {
    const { directory, calls } = await startImportServer();
    const error = await rejectionOf(directory.people.importPeople([], options));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(`importPeople: ${text}`);
    expect(calls).toEqual([]);
  });

  it('with a TypeError for people that are not iterable', async () => {
    const { directory } = await startImportServer();
    const error = await rejectionOf(directory.people.importPeople({ name: 'Ada' } as never));
    expect(error).toEqual(
      new TypeError('importPeople: the people must be an array or another iterable'),
    );
  });
});
