import { readFile } from 'node:fs/promises';
import { connect, type Directory } from '../index.js';
import { openLog } from '../server/log.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { startServer } from '../server/start.js';
import { openStore } from '../store/open.js';
import { directoryServices } from '../server/run.js';
import { directoryScopes } from '../server/auth/directory-scopes.js';
import { rawCall } from '../test-support/raw-call.js';
import { createSchema, postgresServer } from '../test-support/postgres.js';
import {
  parseScrape,
  scrape,
  sendPlain,
  valueOf,
  type Scrape,
} from '../test-support/exposition.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import type { MetricObject } from './index.js';
import { Metrics, render } from './index.js';
import { OPEN_METRICS } from './prometheus.js';

const PERSON_GUIDE = 'personguide.PersonGuide';

describe('the metrics of a directory', () => {
  let folder: Folder;
  let server: RunningDirectory;
  let directory: Directory;
  let address: string;

  beforeAll(async () => {
    folder = temporaryFolder();
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      metrics: '127.0.0.1:0',
      store: folder.file('people.db'),
      demo: true,
      logLevel: 'silent',
    });
    address = server.metricsAddress ?? '';
    directory = connect(server.addresses[0] ?? '', { retry: false });
  });

  afterAll(async () => {
    directory.close();
    await server.stop();
    folder[Symbol.dispose]();
  });

  /** By how much a metric has grown while `work` ran. */
  async function growth(
    work: () => Promise<unknown>,
    name: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<number> {
    const before = valueOf(await scrape(address), name, labels);
    await work();
    return valueOf(await scrape(address), name, labels) - before;
  }

  const failure = (call: Promise<unknown>): Promise<unknown> => call.catch(() => undefined);

  it('count calls of each kind by method and status', async () => {
    const calls = [
      ['unary', 'GetPhone', 'OK', () => directory.people.getPhone({ id: 1 })],
      ['unary', 'GetPhone', 'NotFound', () => failure(directory.people.getPhone({ id: 999 }))],
      ['unary', 'GetPhone', 'InvalidArgument', () => failure(directory.people.getPhone({}))],
      ['server_stream', 'ListPersons', 'OK', () => all(directory.people.listPersons({}))],
      [
        'client_stream',
        'RecordPersons',
        'OK',
        () => directory.people.recordPersons([{ name: 'Ada' }]),
      ],
      ['bidi_stream', 'RoutePhones', 'OK', () => all(directory.people.routePhones([{ id: 1 }]))],
    ] as const;
    for (const [grpc_type, grpc_method, grpc_code, call] of calls) {
      const labels = { grpc_type, grpc_service: PERSON_GUIDE, grpc_method, grpc_code };
      expect([grpc_method, await growth(call, 'grpc_server_handled_total', labels)]).toEqual([
        grpc_method,
        1,
      ]);
    }
  });

  it('count messages, and how long calls took', async () => {
    const list = (): Promise<unknown> => all(directory.people.listPersons({}));
    const labels = { grpc_method: 'ListPersons' };
    expect(await growth(list, 'grpc_server_msg_received_total', labels)).toBe(1);
    expect(await growth(list, 'grpc_server_msg_sent_total', labels)).toBeGreaterThanOrEqual(10);
    expect(await growth(list, 'grpc_server_handling_seconds_count', labels)).toBe(1);
    expect(await growth(list, 'grpc_server_handling_seconds_sum', labels)).toBeGreaterThan(0);
    const within10Seconds = { ...labels, le: '10' };
    expect(await growth(list, 'grpc_server_handling_seconds_bucket', within10Seconds)).toBe(1);
  });

  it('count unknown methods as one, whatever they are called', async () => {
    const target = server.addresses[0] ?? '';
    const call = async (): Promise<void> => {
      await rawCall(target, '/ada@example.com/GetPhone', []);
      await rawCall(target, `/${PERSON_GUIDE}/NoSuchMethod`, []);
    };
    const other = { grpc_type: 'other', grpc_service: 'other', grpc_method: 'other' };
    const labels = { ...other, grpc_code: 'Unimplemented' };
    expect(await growth(call, 'grpc_server_handled_total', labels)).toBe(2);
  });

  it('show open calls with the messages that they have sent so far', async () => {
    const before = await scrape(address);
    const watch = directory.people.watch({});
    await watch.next();
    const during = await scrape(address);
    const grown = (name: string, labels = {}): number =>
      valueOf(during, name, labels) - valueOf(before, name, labels);
    expect(grown('personguide_watchers')).toBe(1);
    expect(grown('personguide_open_calls', { grpc_type: 'server_stream' })).toBe(1);
    expect(grown('grpc_server_msg_sent_total', { grpc_method: 'WatchPersons' })).toBeGreaterThan(0);
    expect(grown('grpc_server_handled_total', { grpc_method: 'WatchPersons' })).toBe(0);
    await watch.return();
  });

  it('count what is refused before it is a call', async () => {
    const target = server.addresses[0] ?? '';
    const tooLong = { 'x-long': 'a'.repeat(70_000) };
    const refused = async (): Promise<void> => {
      await rawCall(target, `/${PERSON_GUIDE}/GetPhone`, [], { metadata: tooLong });
    };
    const name = 'personguide_refused_calls_total';
    expect(await growth(refused, name, { reason: 'headers' })).toBe(1);
    const noHttp = (): Promise<void> => sendPlain(target, 'HELLO\r\n\r\n');
    const connections = 'personguide_refused_connections_total';
    expect(await growth(noHttp, connections, {})).toBe(1);
  });

  it('count open connections', async () => {
    const before = valueOf(await scrape(address), 'personguide_connections', { protocol: 'http2' });
    const other = connect(server.addresses[0] ?? '');
    await other.waitForReady();
    const after = valueOf(await scrape(address), 'personguide_connections', { protocol: 'http2' });
    other.close();
    expect(after - before).toBe(1);
  });

  it('count commits, their writes and the operations of the store', async () => {
    const add = (): Promise<unknown> => directory.people.recordPersons([{ name: 'Ada' }]);
    expect(await growth(add, 'personguide_store_commit_seconds_count', {})).toBe(1);
    expect(await growth(add, 'personguide_store_commit_writes_sum', {})).toBe(1);
    const operation = { operation: 'recordPeople' };
    expect(await growth(add, 'personguide_store_operation_seconds_count', operation)).toBe(1);
  });

  it('have the sizes of the store, and how far the index of searches is behind', async () => {
    let behind = 0;
    // On a slow machine, indexing may be done before the scrape.
    for (let attempt = 0; behind === 0 && attempt < 50; attempt += 1) {
      await directory.people.recordPersons([{ name: 'Grace' }]);
      behind = valueOf(await scrape(address), 'personguide_search_lag_changes');
    }
    expect(behind).toBeGreaterThan(0);
    await directory.people.searchPersons({ query: 'grace' });
    const metrics = await scrape(address);
    expect(valueOf(metrics, 'personguide_search_lag_changes')).toBe(0);
    expect(valueOf(metrics, 'personguide_search_lag_seconds')).toBe(0);
    for (const name of ['database', 'wal', 'free_disk']) {
      expect([name, valueOf(metrics, `personguide_store_${name}_bytes`) >= 4096]).toEqual([
        name,
        true,
      ]);
    }
  });

  it('are valid OpenMetrics, too', async () => {
    const metrics = await scrape(address, { open: true });
    expect(
      valueOf(metrics, 'grpc_server_started_total', { grpc_method: 'GetPhone' }),
    ).toBeGreaterThan(0);
    expect(valueOf(metrics, 'personguide_build_info')).toBe(1);
  });

  it('have no label with a value of a caller', async () => {
    const values = [...(await scrape(address)).values()]
      .flatMap(({ samples }) => samples)
      .flatMap(({ labels }) => Object.values(labels));
    expect(values.filter((value) => !/^[\w.+-]+$/.test(value))).toEqual([]);
  });

  it('come with probes', async () => {
    const get = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(`http://${address}${path}`, { method })).status;
    expect(await get('/healthz')).toBe(200);
    expect(await get('/readyz')).toBe(200);
    expect(await get('/metrics', 'HEAD')).toBe(200);
    expect(await get('/other')).toBe(404);
    expect(await get('/metrics', 'POST')).toBe(405);
  });
});

it('is not ready while the server stops, and closes the port in the end', async () => {
  await using stopped = await startedService();
  const ready = (): Promise<number> =>
    fetch(`http://${stopped.server.metricsAddress ?? ''}/readyz`).then(({ status }) => status);
  expect(await ready()).toBe(200);
  // An open call keeps the server from stopping.
  const call = stopped.directory.people.routePhones(endless());
  await call.next();
  const end = stopped.server.stop();
  expect(await ready()).toBe(503);
  stopped.server.stopNow();
  await end;
  await expect(ready()).rejects.toThrow('fetch failed');
});

it('counts what access control refuses', async () => {
  await using service = await startedService('keys');
  const error = await service.directory.people
    .getPhone({ id: 1 })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ codeName: 'UNAUTHENTICATED' });
  const metrics = await scrape(service.server.metricsAddress ?? '');
  const labels = { reason: 'not_authenticated' };
  expect(valueOf(metrics, 'personguide_refused_calls_total', labels)).toBe(1);
  const handled = { grpc_method: 'GetPhone', grpc_code: 'Unauthenticated' };
  expect(valueOf(metrics, 'grpc_server_handled_total', handled)).toBe(1);
});

it('refuses a port that is in use, and leaves nothing open', async () => {
  await using service = await startedService();
  const metrics = service.server.metricsAddress ?? '';
  await expect(startedService('none', metrics)).rejects.toThrow(
    `cannot listen on ${metrics} for metrics: the port is in use; give another --metrics`,
  );
});

it('warns of a port that other machines can reach', async () => {
  const warnings: unknown[] = [];
  await using service = await startedService('none', '0.0.0.0:0', (text) => warnings.push(text));
  expect(service.server.metricsAddress).toMatch(/^0\.0\.0\.0:\d+$/);
  expect(warnings).toContain('--metrics: everyone who can reach this address can read the metrics');
});

describe('dashboard and alerts', () => {
  let sqlite: Scrape;
  let postgres: Scrape;

  beforeAll(async () => {
    [sqlite, postgres] = await Promise.all([sqliteScrape(), postgresScrape()]);
  });

  it('name only metrics and labels that servers have', async () => {
    const metrics = [...sqlite.values(), ...postgres.values()];
    const samples = metrics.flatMap((family) => family.samples);
    const names = new Set(samples.map(({ name }) => name));
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    const queries = [...(await dashboardQueries()), ...(await alertQueries())];
    expect(queries.length).toBeGreaterThan(40);
    const named = queries.flatMap(
      (query) => query.match(/\b(?:grpc|personguide|process|nodejs)_\w+\b(?!=)/g) ?? [],
    );
    expect([...new Set(named)].filter((name) => !names.has(name) && !labels.has(name))).toEqual([]);
    const usedLabels = queries.flatMap((query) => [
      ...(query.match(/\bby \(([^)]*)\)/)?.[1] ?? '').split(', '),
      ...Array.from(query.matchAll(/[{,](\w+)(?:=~|!=|=)"/g), ([, label = '']) => label),
    ]);
    const ofPrometheus = ['', 'job', 'instance'];
    expect(
      [...new Set(usedLabels)].filter((name) => !labels.has(name) && !ofPrometheus.includes(name)),
    ).toEqual([]);
  });

  it('show every metric of this product', async () => {
    const queries = [...(await dashboardQueries()), ...(await alertQueries())].join('\n');
    const own = [...sqlite.keys()].filter((name) => /^(?:grpc|personguide)_/.test(name));
    expect(own.filter((name) => !queries.includes(name))).toEqual([]);
  });
});

describe('render', () => {
  it('adds up the metrics of several processes, and keeps exemplars', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    for (const { calls } of [one, other]) calls.serve({ services: [], openCalls: () => [] });
    const exemplar = { labelSet: { trace_id: 'abc' }, value: 0.1, timestamp: 1 };
    const timed = (value: number): MetricObject => ({
      ...{ name: 'x_seconds', help: 'X.', type: 'histogram', aggregator: 'sum' },
      values: [
        { value, labels: { le: '+Inf' }, metricName: 'x_seconds_bucket', exemplar },
        { value, labels: {}, metricName: 'x_seconds_sum' },
        { value, labels: {}, metricName: 'x_seconds_count' },
      ],
    });
    const collected = [
      [...(await one.collect()), timed(1)],
      [...(await other.collect()), timed(2)],
    ];
    const metrics = parseScrape(await render(collected, OPEN_METRICS), { open: true });
    expect(valueOf(metrics, 'x_seconds_count')).toBe(3);
    expect(valueOf(metrics, 'personguide_build_info')).toBe(1);
    expect(metrics.get('x_seconds')?.samples[0]?.exemplar).toEqual({ trace_id: 'abc' });
  });
});

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function sqliteScrape(): Promise<Scrape> {
  using folder = temporaryFolder();
  return await scrapeOf(folder.file('people.db'));
}

async function postgresScrape(): Promise<Scrape> {
  const postgres = await postgresServer();
  const schema = await createSchema(postgres);
  try {
    return await scrapeOf(schema.url);
  } finally {
    await schema.remove();
    await postgres.stop();
  }
}

/** The metrics of a directory that has had a call. */
async function scrapeOf(store: string): Promise<Scrape> {
  const server = await startDirectory({
    ...{ listen: ['127.0.0.1:0'], metrics: '127.0.0.1:0', store, demo: true, logLevel: 'silent' },
  });
  const directory = connect(server.addresses[0] ?? '');
  try {
    await directory.people.getPhone({ id: 1 });
    // Node reports garbage collections only once there has been one.
    for (let bytes = 0; bytes < 64; bytes += 1) Array.from({ length: 100_000 }, () => ({}));
    await new Promise(setImmediate);
    return await scrape(server.metricsAddress ?? '');
  } finally {
    directory.close();
    await server.stop();
  }
}

async function dashboardQueries(): Promise<string[]> {
  const text = await readFile('scripts/observe/dashboard.json', 'utf8');
  const { panels } = JSON.parse(text) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

async function alertQueries(): Promise<string[]> {
  const text = await readFile('scripts/observe/alerts.yml', 'utf8');
  return Array.from(text.matchAll(/^ +expr: (.*)$/gm), ([, expr = '']) => expr);
}

/** The services of the directory, on a server of the kind that other services use. */
async function startedService(
  auth: 'none' | 'keys' = 'none',
  metrics = '127.0.0.1:0',
  onWarning: (text: unknown) => void = () => undefined,
) {
  const store = await openStore(':memory:');
  const log = openLog('silent');
  log.warn = (...[, text]: unknown[]) => {
    onWarning(text);
  };
  try {
    const server = await startServer({
      ...{ listen: ['127.0.0.1:0'], metrics, log, services: directoryServices(store) },
      ...(auth === 'keys' && { auth: { kind: 'keys', store } }),
      scopes: directoryScopes,
    });
    const directory = connect(server.addresses[0] ?? '', { retry: false });
    return {
      ...{ server, directory },
      [Symbol.asyncDispose]: async () => {
        directory.close();
        await server.stop();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function* endless() {
  yield { id: 1, phones: [{ number: '1', type: 0 }] };
  await new Promise(() => undefined);
}
