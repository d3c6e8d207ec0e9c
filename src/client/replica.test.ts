import { status } from '@grpc/grpc-js';
import { Person, WatchPersonsResponse } from '../../gen/personguide/person_guide.js';
import {
  connect,
  type Directory,
  type Replica,
  type ReplicaChange,
  type ReplicaState,
} from '../index.js';
import { deferred } from '../test-support/deferred.js';
import { rejectionOf, thrownBy } from '../test-support/outcome.js';
import { errorTrailer } from './error-trailer.test.support.js';
import { closeLater, serve, stopAll, stopLater } from './servers.test.support.js';

afterEach(stopAll);

/** A server whose only watch call a test controls. */
interface WatchServer {
  readonly directory: Directory;
  readonly send: (response: Partial<WatchPersonsResponse>) => void;
  readonly fail: (error: { readonly code: status; readonly reason?: string }) => void;
  /** Resolves when the next call has arrived. */
  readonly nextCall: () => Promise<void>;
}

async function startWatchServer(): Promise<WatchServer> {
  let arrived = deferred();
  let send: WatchServer['send'] = () => undefined;
  let fail: WatchServer['fail'] = () => undefined;
  const { address } = await serve({
    people: {
      watchPersons: (call) => {
        send = (response) => void call.write(WatchPersonsResponse.fromPartial(response));
        fail = (error) =>
          void call.emit('error', { ...error, details: 'scripted', metadata: errorTrailer(error) });
        arrived.resolve();
      },
    },
  });
  return {
    directory: closeLater(connect(address, { retry: false })),
    send: (response) => {
      send(response);
    },
    fail: (error) => {
      fail(error);
    },
    nextCall: async () => {
      await arrived.promise;
      arrived = deferred();
    },
  };
}

/** A replica, and its next change or state. */
function replicaOf(directory: Directory, options = {}) {
  const states: ReplicaState[] = [];
  let wake = deferred();
  const woken = (): void => {
    wake.resolve();
    wake = deferred();
  };
  const onStateChange = (state: ReplicaState): void => {
    states.push(state);
    woken();
  };
  const replica = closeLater(directory.replica({ ...options, onStateChange }));
  replica.onChange(woken);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await wake.promise;
  };
  return { replica, states, until };
}

const ada = Person.fromPartial({
  id: 1,
  name: 'Ada',
  email: 'ada@example.com',
  emails: [{ address: 'a@b.c' }],
});
const bob = Person.fromPartial({ id: 2, name: 'Bob', email: 'family@example.com', etag: '1' });
const eve = Person.fromPartial({
  id: 3,
  name: 'Eve',
  email: 'family@example.com',
  lastUpdated: new Date(5),
});

const content = (replica: Replica): Person[] => [...replica.values()];

/** A replica that has Ada, Bob and Eve. */
async function threePeople() {
  const server = await startWatchServer();
  const { replica, states, until } = replicaOf(server.directory);
  await server.nextCall();
  server.send({ people: [ada, bob], syncToken: 'a' });
  server.send({ people: [eve], snapshotComplete: true, syncToken: 'b' });
  await replica.ready;
  const changes: ReplicaChange[] = [];
  replica.onChange((change) => changes.push(change));
  return { ...server, replica, states, until, changes };
}

describe('a replica', () => {
  it('is ready when it has everyone, and is a Map by id', async () => {
    const { replica, states, until } = await threePeople();
    await until(() => states.length > 0);
    expect(states).toEqual(['live']);
    expect(replica.size).toBe(3);
    expect(replica.get(3)).toEqual(eve);
    expect([replica.has(2), replica.has(4), replica.get(4)]).toEqual([true, false, undefined]);
    expect([...replica]).toEqual([
      [1, ada],
      [2, bob],
      [3, eve],
    ]);
    expect([...replica.keys()]).toEqual([1, 2, 3]);
    expect(new Map(replica.entries()).get(2)).toEqual(bob);
    const visited: unknown[] = [];
    replica.forEach((person, id, map) => visited.push([person.name, id, map === replica]));
    expect(visited[0]).toEqual(['Ada', 1, true]);
  });

  it('finds people by each of their emails, the lowest id of several', async () => {
    const { replica, send, until } = await threePeople();
    expect(replica.byEmail('ada@example.com')).toEqual(ada);
    expect(replica.byEmail('a@b.c')).toEqual(ada);
    expect(replica.byEmail('family@example.com')).toEqual(bob);
    expect(replica.byEmail('FAMILY@example.com')).toBeUndefined();
    expect(replica.byEmail('')).toBeUndefined();
    send({ people: [{ ...bob, email: 'bob@example.com' }], deletedIds: [1], syncToken: 'c' });
    await until(() => replica.size === 2);
    expect(replica.byEmail('family@example.com')).toEqual(eve);
    expect(replica.byEmail('bob@example.com')?.id).toBe(2);
    expect(replica.byEmail('a@b.c')).toBeUndefined();
  });

  it('returns objects that the caller may change without an effect on it', async () => {
    const { replica } = await threePeople();
    Object.assign(replica.get(1) ?? {}, { name: 'Mallory' });
    expect(replica.get(1)).toEqual(ada);
  });

  it('follows changes, and reports each of them', async () => {
    const { replica, send, until, changes } = await threePeople();
    const renamed = { ...ada, name: 'Ada Lovelace' };
    send({ people: [renamed], deletedIds: [2, 99], syncToken: 'c' });
    await until(() => changes.length === 1);
    expect(changes).toEqual([{ people: [renamed], deletedIds: [2] }]);
    expect(content(replica)).toEqual([renamed, eve]);
    send({ people: [renamed], deletedIds: [2], syncToken: 'd' });
    send({ people: [bob], syncToken: 'e' });
    await until(() => changes.length > 1);
    expect(changes.slice(1)).toEqual([{ people: [bob], deletedIds: [] }]);
  });

  it('no longer reports changes to a listener that has been removed', async () => {
    const { replica, send, until, changes } = await threePeople();
    const removed = jest.fn();
    replica.onChange(removed)();
    send({ deletedIds: [1], syncToken: 'c' });
    await until(() => changes.length === 1);
    expect(removed).not.toHaveBeenCalled();
  });

  it('is stale while the connection is lost, and has the people meanwhile', async () => {
    const { replica, send, fail, nextCall, until, states } = await threePeople();
    fail({ code: status.UNAVAILABLE });
    await until(() => replica.state === 'stale');
    expect(content(replica)).toEqual([ada, bob, eve]);
    expect(replica.error).toMatchObject({ codeName: 'UNAVAILABLE' });
    await nextCall();
    send({ syncToken: 'b' });
    await until(() => replica.state === 'live');
    expect(states).toEqual(['live', 'stale', 'live']);
  });

  it('drops people who have vanished when it takes a new snapshot, and keeps the others', async () => {
    const { replica, send, fail, nextCall, until, changes } = await threePeople();
    fail({ code: status.OUT_OF_RANGE, reason: 'SYNC_TOKEN_EXPIRED' });
    await nextCall();
    const zoe = Person.fromPartial({ id: 4, name: 'Zoe' });
    send({ people: [ada], syncToken: 'x' });
    send({ people: [{ ...eve, name: 'Eva' }, zoe], syncToken: 'y' });
    await until(() => replica.size === 4);
    expect(replica.get(2)).toEqual(bob);
    send({ snapshotComplete: true, syncToken: 'z' });
    await until(() => replica.size === 3);
    expect(content(replica).map(({ name }) => name)).toEqual(['Ada', 'Eva', 'Zoe']);
    expect(changes).toEqual([
      { people: [{ ...eve, name: 'Eva' }, zoe], deletedIds: [] },
      { people: [], deletedIds: [2] },
    ]);
  });

  it('drops the people of a snapshot that was not completed', async () => {
    const server = await startWatchServer();
    const { replica } = replicaOf(server.directory);
    await server.nextCall();
    server.send({ people: [ada, bob], syncToken: 'a' });
    server.fail({ code: status.OUT_OF_RANGE, reason: 'SYNC_TOKEN_EXPIRED' });
    await server.nextCall();
    expect(replica.state).toBe('connecting');
    server.send({ people: [bob], snapshotComplete: true, syncToken: 'b' });
    await replica.ready;
    expect(content(replica)).toEqual([bob]);
  });
});

describe('a replica ends', () => {
  it('as failed with an error that a retry cannot help', async () => {
    const server = await startWatchServer();
    const { replica, until } = replicaOf(server.directory);
    await server.nextCall();
    server.fail({ code: status.PERMISSION_DENIED });
    const error = await rejectionOf(replica.ready);
    expect(error).toMatchObject({ codeName: 'PERMISSION_DENIED' });
    expect((error as Error).stack).toContain(__filename);
    await until(() => replica.state === 'failed');
    expect(replica.error).toBe(error);
  });

  it.each<[string, (replica: Replica, directory: Directory, abort: () => void) => void]>([
    [
      'it is closed',
      (replica) => {
        replica.close();
      },
    ],
    [
      'the client is closed',
      (_, directory) => {
        directory.close();
      },
    ],
    [
      'its signal is aborted',
      (_, __, abort) => {
        abort();
      },
    ],
  ])('as closed when %s, and keeps the people', async (_, end) => {
    const server = await startWatchServer();
    const controller = new AbortController();
    const { replica, until } = replicaOf(server.directory, { signal: controller.signal });
    await server.nextCall();
    server.send({ people: [ada], syncToken: 'a' });
    await until(() => replica.size === 1);
    end(replica, server.directory, () => {
      controller.abort();
    });
    await rejectionOf(replica.ready);
    await until(() => replica.state === 'closed');
    expect(content(replica)).toEqual([ada]);
    replica.close();
    expect(replica.state).toBe('closed');
  });

  it('without an unhandled rejection if no caller waits for it', async () => {
    const { directory } = await startWatchServer();
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    stopLater({ stop: () => void process.off('unhandledRejection', unhandled) });
    directory.replica().close();
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('with a TypeError before it begins if an option is invalid', async () => {
    const { directory } = await startWatchServer();
    const messageOf = (options: object): string =>
      (thrownBy(() => directory.replica(options)) as Error).message;
    expect(messageOf({ from: 'now' })).toContain('replica: unknown option from');
    expect(messageOf({ onStateChange: true })).toBe('replica: onStateChange must be a function');
  });
});
