import { status } from '@grpc/grpc-js';
import {
  Person,
  WatchPersonsResponse,
  type WatchPersonsRequest,
} from '../../gen/personguide/person_guide.js';
import {
  connect,
  type Directory,
  type PeopleEvent,
  type RpcError,
  type WatchOptions,
} from '../index.js';
import { errorTrailer, type Reported } from './error-trailer.test.support.js';
import { all, rejectionOf, thrownBy } from '../test-support/outcome.js';
import { closeLater, serve, stopAll, type Handlers } from './servers.test.support.js';

afterEach(stopAll);

/** What a server does in one call: the responses that it sends, and the error that ends it. */
interface Script {
  readonly send?: readonly Partial<WatchPersonsResponse>[];
  readonly fail?: Reported & { readonly code: status };
  readonly end?: boolean;
}

const LOST = { code: status.UNAVAILABLE };
/** The client then waits for a minute. */
const BUSY = { code: status.UNAVAILABLE, retryDelaySeconds: 60 };
const EXPIRED = { code: status.OUT_OF_RANGE, reason: 'SYNC_TOKEN_EXPIRED' };

/** A server that follows one script per call, and then keeps calls open. */
async function scripted(...scripts: Script[]): Promise<{
  directory: Directory;
  starts: WatchPersonsRequest['start'][];
  requests: WatchPersonsRequest[];
}> {
  const requests: WatchPersonsRequest[] = [];
  const starts: WatchPersonsRequest['start'][] = [];
  const watchPersons: NonNullable<Handlers['people']>['watchPersons'] = (call) => {
    const { send = [], fail, end } = scripts[requests.length] ?? {};
    requests.push(call.request);
    starts.push(call.request.start);
    for (const response of send) call.write(WatchPersonsResponse.fromPartial(response));
    if (end === true) call.end();
    if (fail) call.emit('error', { ...fail, details: 'scripted', metadata: errorTrailer(fail) });
  };
  const { address } = await serve({ people: { watchPersons } });
  return { directory: closeLater(connect(address, { retry: false })), starts, requests };
}

/** The first events of a watch, until one has the token. */
async function until(
  directory: Directory,
  token: string,
  options?: WatchOptions,
): Promise<PeopleEvent[]> {
  const events: PeopleEvent[] = [];
  for await (const event of directory.people.watch(options)) {
    events.push(event);
    if (event.token === token) break;
  }
  return events;
}

const ids = (events: readonly PeopleEvent[]): number[][] =>
  events.map(({ people }) => people.map(({ id }) => id));

const person = (id: number): Person => Person.fromPartial({ id });

describe('a watch', () => {
  it('begins with everyone, and goes on with what follows', async () => {
    const { directory, requests } = await scripted({
      send: [
        { people: [person(1), person(2)], syncToken: 'a' },
        { people: [person(3)], snapshotComplete: true, syncToken: 'b' },
        { people: [person(2)], deletedIds: [1], syncToken: 'c' },
      ],
    });
    const options = { address: 'Hall', label: 'vip', heartbeatSeconds: 60 };
    const events = await until(directory, 'c', options);
    expect(events.map((event) => ({ ...event, people: event.people.map(({ id }) => id) }))).toEqual(
      [
        { people: [1, 2], deletedIds: [], reset: false, snapshotComplete: false, token: 'a' },
        { people: [3], deletedIds: [], reset: false, snapshotComplete: true, token: 'b' },
        { people: [2], deletedIds: [1], reset: false, snapshotComplete: false, token: 'c' },
      ],
    );
    expect(requests).toEqual([{ start: { $case: 'snapshot', value: true }, ...options }]);
  });

  it('goes on with the last token after each lost connection, without an event more', async () => {
    const { directory, starts } = await scripted(
      { fail: LOST },
      { send: [{ people: [person(1)], syncToken: 'a' }], fail: LOST },
      { send: [{ people: [person(2)], snapshotComplete: true, syncToken: 'b' }], end: true },
      { send: [{ syncToken: 'b' }], fail: { code: status.INTERNAL } },
      { send: [{ people: [person(3)], syncToken: 'c' }] },
    );
    const failures: string[] = [];
    const onRetry = ({ codeName, details }: RpcError, delayMs: number): void => {
      expect(delayMs).toBeLessThanOrEqual(1000);
      failures.push(`${codeName} ${details}`);
    };
    expect(ids(await until(directory, 'c', { onRetry }))).toEqual([[1], [2], [3]]);
    expect(starts).toEqual([
      { $case: 'snapshot', value: true },
      { $case: 'snapshot', value: true },
      { $case: 'syncToken', value: 'a' },
      { $case: 'syncToken', value: 'b' },
      { $case: 'syncToken', value: 'b' },
    ]);
    expect(failures).toEqual([
      'UNAVAILABLE scripted',
      'UNAVAILABLE scripted',
      'UNAVAILABLE the server ended the call',
      'INTERNAL scripted',
    ]);
  });

  it.each<[string, Script['fail']]>([
    ['is too old', EXPIRED],
    ['cannot be read by the server', { code: status.INVALID_ARGUMENT, field: 'sync_token' }],
  ])('takes a new snapshot if the token %s, and reports that', async (_, fail) => {
    const { directory, starts } = await scripted(
      { send: [{ people: [person(1)], snapshotComplete: true, syncToken: 'a' }], fail: LOST },
      { ...(fail && { fail }) },
      {
        send: [
          { people: [person(1)], syncToken: 'b' },
          { snapshotComplete: true, syncToken: 'c' },
        ],
      },
    );
    const events = await until(directory, 'c');
    expect(events.map(({ reset, snapshotComplete }) => [reset, snapshotComplete])).toEqual([
      [false, true],
      [true, false],
      [false, true],
    ]);
    expect(starts.at(-1)).toEqual({ $case: 'snapshot', value: true });
  });

  it('begins with a token or with the changes from now on', async () => {
    const { directory, starts } = await scripted(
      { send: [{ people: [person(1)], syncToken: 'b' }] },
      { send: [{ people: [person(2)], syncToken: 'c' }] },
    );
    await until(directory, 'b', { from: { token: 'a' } });
    await until(directory, 'c', { from: 'now' });
    expect(starts).toEqual([
      { $case: 'syncToken', value: 'a' },
      { $case: 'now', value: true },
    ]);
  });

  it('connects again if the server is silent for two heartbeats', async () => {
    const { directory, starts } = await scripted(
      { send: [{ people: [person(1)], snapshotComplete: true, syncToken: 'a' }] },
      { send: [{ people: [person(2)], syncToken: 'b' }] },
    );
    const onRetry = jest.fn<undefined, [RpcError, number]>();
    const startMs = Date.now();
    expect(ids(await until(directory, 'b', { heartbeatSeconds: 1, onRetry }))).toEqual([[1], [2]]);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(1900);
    expect(onRetry.mock.calls[0]?.[0].details).toBe('no heartbeat for 2000 ms');
    expect(starts).toHaveLength(2);
  });
});

describe('a watch ends', () => {
  const first = { send: [{ people: [person(1)], syncToken: 'a' }] };

  it.each<[string, Script['fail'], object]>([
    ['a filter that is invalid', { code: status.INVALID_ARGUMENT, field: 'label' }, {}],
    [
      'a token that the caller made up',
      { code: status.INVALID_ARGUMENT, field: 'sync_token' },
      { from: { token: 'x' } },
    ],
    ['a caller who may not', { code: status.PERMISSION_DENIED }, {}],
    ['a first call that finds a bug', { code: status.INTERNAL }, {}],
  ])('with the error for %s, whose stack leads to the caller', async (_, fail, options) => {
    const { directory, starts } = await scripted({ ...(fail && { fail }) });
    const error = await rejectionOf(all(directory.people.watch(options)));
    expect(error).toMatchObject({ code: fail?.code, details: 'scripted' });
    expect((error as Error).stack).toContain(__filename);
    expect(starts).toHaveLength(1);
  });

  it('when its signal is aborted, also while it waits for a retry', async () => {
    for (const script of [first, { fail: BUSY }]) {
      const { directory } = await scripted(script, { fail: BUSY });
      const controller = new AbortController();
      const abort = (): void => {
        controller.abort();
      };
      const onRetry = (): void => {
        setImmediate(abort);
      };
      const watch = directory.people.watch({ signal: controller.signal, onRetry });
      if (script === first) await watch.next();
      const next = rejectionOf(watch.next());
      if (script === first) abort();
      expect(await next).toMatchObject({ codeName: 'CANCELLED' });
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('when the client is closed, also while it waits for a retry', async () => {
    for (const script of [first, { fail: BUSY }]) {
      const { directory } = await scripted(script, { fail: BUSY });
      const watch = directory.people.watch({
        onRetry: () => {
          setImmediate(() => {
            directory.close();
          });
        },
      });
      if (script === first) await watch.next();
      const next = rejectionOf(watch.next());
      if (script === first) directory.close();
      expect(await next).toMatchObject({
        codeName: 'CANCELLED',
        details: 'the client has been closed',
      });
    }
    const { directory } = await scripted(first);
    directory.close();
    expect(await rejectionOf(directory.people.watch().next())).toMatchObject({
      codeName: 'CANCELLED',
    });
  });

  it('when it is returned from, and a pending next() is done', async () => {
    const { directory } = await scripted(first);
    const watch = directory.people.watch();
    await watch.next();
    const pending = watch.next();
    await watch.return();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  it('with a TypeError before it begins if an option is invalid', async () => {
    const { directory } = await scripted();
    const messageOf = (options: object): string =>
      (thrownBy(() => directory.people.watch(options)) as Error).message;
    expect(messageOf({ from: 'yesterday' })).toBe(
      "watch: from must be 'snapshot', 'now', or an object with a token",
    );
    expect(messageOf({ from: { token: '' } })).toContain('from must be');
    expect(messageOf({ lable: 'x' })).toContain('unknown option lable; did you mean label?');
    expect(messageOf({ heartbeatSeconds: 0.5 })).toContain('heartbeatSeconds must be');
  });
});
