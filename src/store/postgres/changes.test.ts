import { Client } from 'pg';
import { Person } from '../../../gen/personguide/person_guide.js';
import { listIds, person, record } from '../../contract/store-messages.js';
import { MAX_ID } from '../../directory/free-ids.js';
import type { ChangePosition, PersonState } from '../../directory/store.js';
import type { Child } from '../../test-support/child.js';
import { deferred } from '../../test-support/deferred.js';
import { startPostgres, type PostgresProcess } from '../../test-support/postgres-process.js';
import { createSchema, queryPostgres, type PostgresSchema } from '../../test-support/postgres.js';
import { bundleStoreWriter, startStoreWriter } from '../../test-support/store-writer.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { createChangeNotices } from './change-notices.js';
import { openDatabase } from './database.js';
import { openPostgresStore } from './postgres-store.js';

type PostgresStore = Awaited<ReturnType<typeof openPostgresStore>>;

const START: ChangePosition = { revision: 0, id: MAX_ID };

jest.setTimeout(60_000);

describe('changes on PostgreSQL', () => {
  let server: PostgresProcess;
  let schema: PostgresSchema;
  const stores: PostgresStore[] = [];
  const writers: Child[] = [];

  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: 'off', deadlock_timeout: '10ms' } });
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(async () => {
    schema = await createSchema(server);
  });

  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.kill('SIGKILL')));
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await schema.remove();
  });

  async function open(): Promise<PostgresStore> {
    const store = await openPostgresStore(schema.url);
    stores.push(store);
    return store;
  }

  it('of two processes that write at the same time are all read, each once, in their order', async () => {
    using folder = temporaryFolder();
    bundleStoreWriter(folder.file('writer.cjs'));
    const store = await open();
    const follower = follow(store);
    for (let count = 0; count < 2; count += 1) {
      writers.push(startStoreWriter(folder.file('writer.cjs'), schema.url));
    }
    await Promise.all(writers.map((writer) => writer.until(300)));
    await Promise.all(writers.map((writer) => writer.kill('SIGKILL')));
    await untilIdle();
    const states = await follower.end();
    const positions = states.map(({ revision, id }) => [revision, id] as const);
    expect(positions).toEqual(positions.toSorted(([r1, i1], [r2, i2]) => r1 - r2 || i1 - i2));
    const ids = await listIds(store);
    expect(ids.length).toBeGreaterThan(600);
    expect(states.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(ids);
  });

  it('of a slow transaction are not passed by those of a faster one', async () => {
    const [slow, fast] = [await open(), await open()];
    const before = await fast.currentPosition();
    const release = await lock('person_labels');
    const first = record(slow, person({ id: 10, name: 'slow', labels: ['a'] }));
    await untilWaiting(1);
    const second = record(fast, person({ id: 20, name: 'fast' }));
    await Promise.race([untilWaiting(2), second]);
    const meanwhile = await fast.currentPosition();
    await release();
    await Promise.all([first, second]);
    expect(meanwhile).toEqual(before);
    const { people } = await fast.readChanges(before, 10);
    expect(people.map(({ message }) => Person.decode(message).name)).toEqual(['slow', 'fast']);
  });

  it('of all kinds by three servers on the same people do not block each other for good', async () => {
    const three = await Promise.all([open(), open(), open()]);
    const before = await deadlocks();
    for (let round = 0; round < 6; round += 1) {
      const results = await Promise.allSettled(three.flatMap((store) => everyKind(store, round)));
      const failed = results.flatMap((result) =>
        'reason' in result ? [codeOf(result.reason)] : [],
      );
      expect(failed.filter((code) => !EXPECTED_FAILURES.has(code))).toEqual([]);
    }
    expect(await deadlocks()).toBe(before);
    await expectConsistent();
  });

  it('are notified once for each transaction that is committed, with it', async () => {
    const store = await open();
    const listener = await listen();
    const release = await lock('person_labels');
    const writing = record(store, person({ labels: ['a'] }));
    await untilWaiting(1);
    expect(listener.payloads).toEqual([]);
    await release();
    await writing;
    await record(store, person({ externalId: 'x' }));
    await record(store, person({ externalId: 'x' })).catch(() => undefined);
    await record(store, person());
    expect(await listener.until(3)).toEqual(
      [2, 3, 4].map((revision) => `${revision} ${nameOf(schema)}`),
    );
    await listener.close();
  });

  it('are reported by other stores, but not by those in other schemas', async () => {
    const [writing, listening] = [await open(), await open()];
    const elsewhere = await createSchema(server);
    const other = await openPostgresStore(elsewhere.url);
    const reports = reportsOf(listening);
    await reports.next();
    await record(other, person());
    const [recorded] = await record(writing, person());
    await reports.next();
    const { people } = await listening.readChanges(START, 1);
    expect(people.map(({ id }) => id)).toEqual([recorded?.id]);
    expect(reports.count()).toBe(2);
    await other.close();
    await elsewhere.remove();
  });

  it('are reported after the connection was lost, also those that were made meanwhile', async () => {
    const [writing, listening] = [await open(), await open()];
    const reports = reportsOf(listening);
    await reports.next();
    for (let round = 0; round < 3; round += 1) {
      expect(await endListeners()).toBe(1);
      await record(writing, person());
      await reports.next();
    }
    await untilListening(1);
    await record(writing, person());
    await reports.next();
  });

  it('are reported after a restart of the server', async () => {
    const [writing, listening] = [await open(), await open()];
    const reports = reportsOf(listening);
    await reports.next();
    await server.kill('SIGINT');
    await server.start();
    await record(writing, person());
    await reports.next();
  });

  it('are found by polling where a connection cannot listen', async () => {
    const writing = await open();
    const database = await openDatabase(schema.url);
    const notices = createChangeNotices({
      read: database.read,
      connect: () => Promise.reject(new Error('the proxy allows only transactions')),
    });
    const reports = reportsOf(notices);
    await reports.next();
    await record(writing, person());
    await reports.next();
    await notices.close();
    await database.close();
  });

  it('take no connection when they are no longer listened to', async () => {
    const store = await open();
    const reports = reportsOf(store);
    await reports.next();
    await untilListening(1);
    reports.end();
    await untilListening(0);
  });

  /** Reads all changes from the start, whenever they are reported, until \`end\`. */
  function follow(store: PostgresStore): { end(): Promise<PersonState[]> } {
    const states: PersonState[] = [];
    let position = START;
    const reports = reportsOf(store);
    const end = new AbortController();

    async function readAll(): Promise<void> {
      for (;;) {
        const page = await store.readChanges(position, 7);
        states.push(...page.people);
        ({ position } = page);
        if (page.done) return;
      }
    }

    const following = (async () => {
      await reports.next();
      while (!end.signal.aborted) {
        await readAll();
        await reports.next();
      }
    })();
    return {
      end: async () => {
        end.abort();
        reports.end();
        await following;
        await readAll();
        return states;
      },
    };
  }

  /** Calls of onChange; several that were not waited for are one. */
  function reportsOf(store: Pick<PostgresStore, 'onChange'>): {
    next(): Promise<void>;
    count(): number;
    end(): void;
  } {
    let arrived = deferred();
    let count = 0;
    const stop = store.onChange(() => {
      count += 1;
      arrived.resolve();
    });
    return {
      next: async () => {
        await arrived.promise;
        arrived = deferred();
      },
      count: () => count,
      end: () => {
        stop();
        arrived.resolve();
      },
    };
  }

  /** One write of each kind on the same few people, each of which may be rejected. */
  function everyKind(store: PostgresStore, round: number): Promise<unknown>[] {
    const ids = [1, 2, 3, 4, 5];
    const changed = (id: number): Person =>
      person({ id, externalId: `x${(id + round) % 5}`, labels: [`l${round}`] });
    return [
      ...ids.map((id) => record(store, changed(id), changed(6 - id))),
      record(store, ...ids.map(changed)),
      ...ids.map((id) =>
        store.changePerson({
          kind: 'update',
          person: changed(id),
          fields: ['name', 'labels', 'externalId'],
          etag: '',
          allowMissing: true,
        }),
      ),
      ...ids.map((id) => store.changePerson({ kind: 'delete', id, etag: '', allowMissing: true })),
      ...ids.map((id) => store.changePerson({ kind: 'undelete', id })),
      store.importPeople({
        people: ids.map((id, index) => ({ index, person: changed(id) })),
        faults: [],
        match: round % 2 === 0 ? 'id' : 'external-id',
        dryRun: false,
        importId: `import ${round}`,
        committedBefore: 0,
        committedAfter: 5,
      }),
      store.purgeDeleted(new Date(Date.now() + 1000), 2),
    ];
  }

  /** Compares the indexes and the counters with the people. */
  async function expectConsistent(): Promise<void> {
    const [store] = stores;
    const people = (await store?.listPeople({ afterId: 0, limit: 1000 }))?.messages ?? [];
    const stored = people.map((message) => Person.decode(message));
    expect(await store?.countPeople()).toBe(stored.length);
    const byExternalId = await queryPostgres(
      schema.url,
      'select external_id, person_id from person_external_ids order by person_id',
    );
    expect(byExternalId).toEqual(
      stored.flatMap(({ id, externalId }) =>
        externalId === '' ? [] : [{ external_id: externalId, person_id: id }],
      ),
    );
    const labels = 'select label_key, person_id from person_labels order by person_id, label_key';
    expect(await queryPostgres(schema.url, labels)).toEqual(
      stored.flatMap((each) =>
        each.labels.map((label) => ({ label_key: label, person_id: each.id })),
      ),
    );
    const orphans = `
      select 1 from deleted_people_keys
      where person_id not in (select id from deleted_people)
      union all select 1 from deleted_people join people using (id)`;
    expect(await queryPostgres(schema.url, orphans)).toEqual([]);
  }

  /** Locks a table against everything, until the returned function is called. */
  async function lock(table: string): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: schema.url });
    await client.connect();
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    return () => client.end();
  }

  /** Resolves when so many connections wait for a lock. */
  async function untilWaiting(count: number): Promise<void> {
    await untilCount(`wait_event_type = 'Lock'`, count);
  }

  async function untilListening(count: number): Promise<void> {
    await untilCount(LISTENING, count);
  }

  async function untilIdle(): Promise<void> {
    await untilCount(`state <> 'idle'`, 0);
  }

  async function untilCount(condition: string, count: number): Promise<void> {
    const query = `
      select pid from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() and (${condition})`;
    while ((await queryPostgres(server.url, query)).length !== count);
  }

  /** Ends the connections that listen; resolves with their number. */
  async function endListeners(): Promise<number> {
    await untilListening(1);
    const ended = await queryPostgres(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where ${LISTENING}`,
    );
    return ended.length;
  }

  async function deadlocks(): Promise<number> {
    const query = 'select sum(deadlocks)::integer as sum from pg_stat_database';
    const [row] = (await queryPostgres(server.url, query)) as { sum: number }[];
    return row?.sum ?? 0;
  }

  /** Listens as the stores do. */
  async function listen(): Promise<{
    payloads: string[];
    until(count: number): Promise<string[]>;
    close(): Promise<void>;
  }> {
    const client = new Client({ connectionString: schema.url });
    await client.connect();
    const payloads: string[] = [];
    client.on('notification', ({ payload = '' }) => payloads.push(payload));
    await client.query('listen personguide_people');
    return {
      payloads,
      until: async (count) => {
        while (payloads.length < count) await client.query('select 1');
        return payloads;
      },
      close: () => client.end(),
    };
  }
});

const LISTENING = `application_name like '% listener'`;

const EXPECTED_FAILURES = new Set([
  'EXTERNAL_ID_TAKEN',
  'IMPORT_CONFLICT',
  'PERSON_NOT_FOUND',
  'PERSON_NOT_DELETED',
]);

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}

function nameOf({ url }: PostgresSchema): string {
  return /search_path%3D(\w+)/.exec(url)?.[1] ?? '';
}
