import { createConnection } from 'node:net';
import { once } from 'node:events';
import { RpcError } from './index.js';
import { rejectionOf } from './test-support/outcome.js';
import { startTestDirectory } from './testing.js';

describe('startTestDirectory', () => {
  it('serves the people and users that it was given to a connected client', async () => {
    await using test = await startTestDirectory({
      people: [{ id: 7, name: 'Ann', phones: [{ number: '77' }], adresses: [{ name: 'home' }] }],
      users: [{ firstName: 'John', lastName: 'Doe', email: 'john@example.com' }],
    });
    const names: string[] = [];
    for await (const person of test.directory.people.listPersons({ name: 'HOME' })) {
      names.push(person.name);
    }
    expect(names).toEqual(['Ann']);
    expect((await test.directory.people.getPhone({ id: 7 })).number).toBe('77');
    const key = { $case: 'email', value: 'JOHN@example.com' } as const;
    expect((await test.directory.users.findUser({ key })).id).toBe(1);
  });

  it('starts directories that know nothing of each other', async () => {
    await using one = await startTestDirectory({ people: [{ id: 1, name: 'Ann' }] });
    await using other = await startTestDirectory();
    expect(other.address).not.toBe(one.address);
    await expect(other.directory.people.getPhone({ id: 1 })).rejects.toThrow(/NOT_FOUND/);
  });

  it('leaves nothing listening after stop, also called twice', async () => {
    const test = await startTestDirectory();
    await test.stop();
    await test.stop();
    const [host = '', port = ''] = test.address.split(':');
    const [error] = (await once(createConnection(Number(port), host), 'error')) as [Error];
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('rejects with the field paths of people who are refused', async () => {
    const refused = startTestDirectory({ people: [{ id: 1, name: '' }] });
    const error = await rejectionOf(refused);
    expect(error).toBeInstanceOf(RpcError);
    expect((error as RpcError).violations).toEqual([
      { field: 'people[0].name', description: 'must not be empty' },
    ]);
  });
});

describe('fake timers of jest', () => {
  // What the connection itself runs on must stay real, also in the README.
  const doNotFake = ['nextTick', 'setImmediate'] as const;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: [...doNotFake], now: new Date('2030-01-01T00:00:00Z') });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('leave the calls of a test directory working, at the time that they show', async () => {
    await using test = await startTestDirectory({ people: [{ id: 7, name: 'Ann' }] });
    const { people } = await test.directory.people.recordPersons([{ id: 8, name: 'Bob' }]);
    expect(people[0]?.lastUpdated).toEqual(new Date('2030-01-01T00:00:00Z'));
    jest.setSystemTime(new Date('2030-06-01T00:00:00Z'));
    const later = await test.directory.people.recordPersons([{ id: 8, name: 'Bob' }]);
    expect(later.people[0]?.lastUpdated).toEqual(new Date('2030-06-01T00:00:00Z'));
    const names: string[] = [];
    for await (const { name } of test.directory.people.listPersons({})) names.push(name);
    expect(names).toEqual(['Ann', 'Bob']);
  });

  it('end a call when its timeout has passed on them', async () => {
    await using test = await startTestDirectory();
    const wait = new Promise<never>(() => undefined);
    const requests = { [Symbol.asyncIterator]: () => ({ next: () => wait }) };
    const call = test.directory.people.recordPersons(requests, { timeoutMs: 60_000 });
    const rejected = expect(call).rejects.toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
    await test.directory.health();
    jest.advanceTimersByTime(61_000);
    await rejected;
  });
});

it('may have a replica and imports, and ends them', async () => {
  const { directory, stop } = await startTestDirectory({ people: [{ id: 7, name: 'Ada' }] });
  const replica = directory.replica();
  await replica.ready;
  const changed = new Promise((resolve) => replica.onChange(resolve));
  await directory.people.importPeople([{ name: 'Bob' }]);
  await changed;
  expect(Array.from(replica.values(), ({ name }) => name)).toEqual(['Ada', 'Bob']);
  const closed = new Promise<void>((resolve) => {
    directory.replica({
      onStateChange: (state) => {
        if (state === 'closed') resolve();
      },
    });
  });
  await stop();
  await closed;
  expect(replica.size).toBe(2);
});
