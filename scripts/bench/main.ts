import { closeSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { measureClients, measureLoading } from './client.js';
import { compare, type Comparison } from './compare.js';
import { openDatabaseServer } from './database-server.js';
import { grow, type GrowthPoint } from './growth.js';
import { measureAccess } from './access.js';
import { HAS_H2LOAD } from './h2load.js';
import { measureMiddleware } from './middleware.js';
import { measureObserved } from './observed.js';
import { readOptions, type Options } from './options.js';
import { growthPicture } from './plot.js';
import { CORE_COUNT, pinToClientCore } from './processes.js';
import { compareEngines } from './postgres.js';
import { databaseText, engineText, enginesSummaryText } from './postgres-report.js';
import { clientText, comparisonText, summaryText } from './comparison-report.js';
import * as text from './report.js';
import type { Environment, Report } from './report.js';
import { openWorkspace, PRODUCT, type Workspace } from './servers.js';
import { measureSearch } from './search.js';
import { measureStart } from './start.js';
import { measureWatch } from './watch.js';
import { measureWeb } from './web.js';
import { measureWorkers } from './workers.js';
import { spread } from './statistics.js';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const workspace = openWorkspace(options.dataDirectory, options.profile);
  try {
    const environment = describe(options, workspace);
    print(text.environmentText(environment));
    const report: Report = { environment, ...(await runs[options.what](workspace, options)) };
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(report, null, 2));
  } finally {
    workspace.remove();
  }
}

const runs = {
  servers: runServers,
  postgres: runPostgres,
  client: runClient,
  start: runStart,
  middleware: runMiddleware,
  watch: runWatch,
  search: runSearch,
  web: runWeb,
  processes: async (workspace: Workspace, options: Options): Promise<Partial<Report>> => {
    print(await measureWorkers(workspace, options));
    return {};
  },
};

async function runServers(workspace: Workspace, options: Options): Promise<Partial<Report>> {
  if (!HAS_H2LOAD) {
    print('h2load (a part of nghttp2) is not installed: nothing is measured with it.\n');
  }
  const comparisons: Comparison[] = [];
  for await (const comparison of compare(workspace, options)) {
    print(comparisonText(comparison, options.against));
    comparisons.push(comparison);
  }
  if (options.servers.includes(PRODUCT)) print(summaryText(comparisons, options.against));
  return options.growth
    ? { comparisons, growth: await runGrowth(workspace, options) }
    : { comparisons };
}

async function runGrowth(workspace: Workspace, options: Options): Promise<GrowthPoint[]> {
  const { rounds, seconds, growthServers, growthSteps, sizes, plot } = options;
  const plan = { rounds, seconds, servers: growthServers, peopleSteps: growthSteps };
  const points: GrowthPoint[] = [];
  for await (const step of grow(workspace, { ...plan, calls: sizes.calls })) points.push(...step);
  print(text.growthText(points));
  if (plot !== undefined) writeFileSync(plot, growthPicture(points));
  return points;
}

async function runPostgres(workspace: Workspace, options: Options): Promise<Partial<Report>> {
  const database = await openDatabaseServer(options.store, options.dataDirectory);
  try {
    print(databaseText(database));
    const comparisons: Comparison[] = [];
    for await (const comparison of compareEngines(workspace, database, options)) {
      print(engineText(comparison));
      comparisons.push(comparison);
    }
    const postgres = { version: database.version, cores: CORE_COUNT, comparisons };
    print(enginesSummaryText(postgres));
    return { postgres };
  } finally {
    await database.stop();
  }
}

async function runClient(workspace: Workspace, options: Options): Promise<Partial<Report>> {
  const client = await measureClients(workspace, options);
  print(clientText(client, options.against));
  const loading = await measureLoading(workspace, options);
  print(text.loadingText(loading));
  return { client, loading };
}

async function runStart(workspace: Workspace, { rounds }: Options): Promise<Partial<Report>> {
  const start = await measureStart(workspace, rounds);
  print(text.startText(start));
  return { start };
}

async function runMiddleware(_: Workspace, { rounds }: Options): Promise<Partial<Report>> {
  const middleware = await measureMiddleware(rounds);
  print(text.middlewareText(middleware));
  const observed = await measureObserved(rounds);
  print(text.observedText(observed));
  const access = await measureAccess(rounds);
  print(text.accessText(access));
  return { middleware, observed, access };
}

async function runWatch(
  workspace: Workspace,
  { rounds, seconds, sizes }: Options,
): Promise<Partial<Report>> {
  const plan = { rounds, seconds, people: sizes.people, changeSeconds: 10 };
  const watch = await measureWatch(workspace, plan);
  print(text.watchText(watch));
  return { watch };
}

async function runSearch(
  workspace: Workspace,
  { rounds, sizes }: Options,
): Promise<Partial<Report>> {
  const search = await measureSearch(workspace, { rounds, people: sizes.people });
  print(text.searchText(search));
  return { search };
}

async function runWeb(
  workspace: Workspace,
  { rounds, seconds, sizes: { people, calls } }: Options,
): Promise<Partial<Report>> {
  const web = await measureWeb(workspace, { rounds, seconds, people, calls });
  print(text.webText(web));
  return { web };
}

function describe({ rounds }: Options, { directory }: Workspace): Environment {
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    coreEach: pinToClientCore(),
    rounds,
    load: loadavg()[0] ?? NaN,
    fsyncMicros: fsyncMicros(join(directory, 'fsync')),
  };
}

/** Measures fsync. Near zero means a RAM disk, where durable writes cost nothing. */
function fsyncMicros(file: string): number {
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(4096);
  const times = Array.from({ length: 50 }, () => {
    const startMs = performance.now();
    writeSync(descriptor, block);
    fsyncSync(descriptor);
    return (performance.now() - startMs) * 1000;
  });
  closeSync(descriptor);
  return spread(times).median;
}

function print(lines: string): void {
  process.stdout.write(`${lines}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
