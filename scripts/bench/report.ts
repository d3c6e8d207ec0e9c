import type { ClientResult, LoadingResult } from './client.js';
import type { Comparison } from './compare.js';
import type { GrowthPoint } from './growth.js';
import type { AccessResult } from './access.js';
import type { MiddlewareResult } from './middleware.js';
import type { ObservedResult } from './observed.js';
import type { EnginesResult } from './postgres.js';
import type { SearchResult } from './search.js';
import type { StartResult } from './start.js';
import type { WatchResult } from './watch.js';
import type { WebComparison } from './web.js';
import type { Latencies, Spread } from './statistics.js';

/** Everything of one run, as `--json` writes it. */
export interface Report {
  readonly environment: Environment;
  readonly comparisons?: readonly Comparison[];
  readonly growth?: readonly GrowthPoint[];
  readonly postgres?: EnginesResult;
  readonly client?: readonly ClientResult[];
  readonly loading?: readonly LoadingResult[];
  readonly start?: StartResult;
  readonly middleware?: MiddlewareResult;
  readonly observed?: ObservedResult;
  readonly watch?: WatchResult;
  readonly web?: readonly WebComparison[];
  readonly access?: AccessResult;
  readonly search?: SearchResult;
}

export interface Environment {
  readonly node: string;
  readonly cpu: string;
  readonly coreEach: boolean;
  readonly rounds: number;
  /** How many programs wanted a core in the minute before. */
  readonly load: number;
  /** Writing and flushing 4 KiB where the store is, median. */
  readonly fsyncMicros: number;
}

export function environmentText(environment: Environment): string {
  const { node, cpu, coreEach, rounds, load, fsyncMicros } = environment;
  const cores = coreEach ? 'server and client on a core each' : 'server and client not pinned';
  const noise = `The machine has other work (load ${load.toFixed(1)}): expect noise.\n`;
  return [
    `Node ${node}, ${cpu}, ${cores}; one fsync takes ${fsyncMicros.toFixed(0)} us.`,
    `Medians of ${rounds} rounds (lowest to highest), in turns.`,
    load > 1 ? noise : '',
  ].join('\n');
}

export function growthText(points: readonly GrowthPoint[]): string {
  const head = [
    'people',
    '',
    'GetPhone/s',
    'CPU us',
    'listed/s',
    'CPU us',
    'MiB',
    'stalled reader',
  ];
  const rows = points.map((point) => [
    count(point.people),
    point.server,
    range(point.getPhone.perSecond, count),
    point.getPhone.cpuMicrosPerOperation.median.toFixed(2),
    range(point.listPersons.perSecond, ofSize(point.listPersons.perSecond.median)),
    point.listPersons.cpuMicrosPerOperation.median.toFixed(2),
    point.residentMiB.toFixed(0),
    `+${point.stalledMiB.toFixed(1)}`,
  ]);
  return `Growth: reading, resident memory, and what one reader who stops reading adds to it\n${table([head, ...rows])}`;
}

/** The ways to load people, and how many times as fast each is as those before it. */
export function loadingText(results: readonly LoadingResult[]): string {
  const head = ['', 'people/s', "client's CPU us each", 'against the first, the second'];
  const rows = results.map(({ way, perSecond, cpuMicrosEach }) => [
    way,
    range(perSecond, ofSize(perSecond.median)),
    range(cpuMicrosEach, (value) => value.toFixed(2)),
    results
      .slice(0, 2)
      .map((other) => ratio(perSecond.median / other.perSecond.median))
      .join(', '),
  ]);
  return `Loading new people with this client, into the directory on disk\n${table([head, ...rows])}`;
}

export function startText({ firstResponseMs, residentMiB }: StartResult): string {
  return [
    `From spawn to the first response: ${range(firstResponseMs, count)} ms`,
    `Resident memory at rest: ${range(residentMiB, count)} MiB\n`,
  ].join('\n');
}

function nanoseconds(micros: Spread): string {
  return `${(micros.median * 1000).toFixed(0)} ns`;
}

/** What metrics and traces cost. */
export function observedText(result: ObservedResult): string {
  const { metrics, api, unsampled, sampled, scrapeMs } = result;
  return [
    `Metrics add ${nanoseconds(metrics)} to a unary call`,
    `Traces without an SDK add ${nanoseconds(api)}`,
    `Traces with an SDK, none sampled, add ${nanoseconds(unsampled)}`,
    `Traces with an SDK, all sampled, add ${nanoseconds(sampled)}`,
    `A scrape of a small server takes ${scrapeMs.median.toFixed(2)} ms of CPU\n`,
  ].join('\n');
}

/** What a layer of middleware costs. */
export function middlewareText({ plain, async: asynchronous }: MiddlewareResult): string {
  return [
    `An empty middleware adds ${nanoseconds(plain)} to a unary call`,
    `An empty async middleware adds ${nanoseconds(asynchronous)}\n`,
  ].join('\n');
}

/** What access control costs a caller that is known. */
export function accessText({ keys, jwt }: AccessResult): string {
  const microseconds = (micros: Spread): string => `${micros.median.toFixed(1)} us`;
  return [
    `--auth keys adds ${microseconds(keys)} of CPU to a unary call`,
    `--auth jwt adds ${microseconds(jwt)}\n`,
  ].join('\n');
}

/** A snapshot against ListPersons, and how soon changes arrive. */
export function watchText({ snapshots, changes }: WatchResult): string {
  const [listed] = snapshots;
  const rows = snapshots.map((result) => [
    result.server,
    range(result.perSecond, ofSize(result.perSecond.median)),
    range(result.cpuMicrosPerOperation, (value) => value.toFixed(2)),
    ratio(result.perSecond.median / listed.perSecond.median),
  ]);
  const { watchers, changesPerSecond, latencies } = changes;
  const { medianMs, p99Ms, maxMs } = latencies;
  const [median, p99, max] = [medianMs, p99Ms, maxMs].map((ms) => ms.toFixed(1));
  return [
    `Everyone by ListPersons and by a snapshot of WatchPersons`,
    table([['', 'people/s', 'CPU us each', ''], ...rows]),
    `${count(changesPerSecond)} changes a second reach ${watchers} watchers after ${median} ms ` +
      `(median), ${p99} ms (p99), ${max} ms (highest)\n`,
  ].join('\n');
}

/** JSON, Connect and gRPC on one port, beside other servers. */
export function webText(comparisons: readonly WebComparison[]): string {
  const rows = comparisons.flatMap(({ name, unit, results }) => {
    const [first] = results;
    return results.map((result) => [
      `${name}: ${result.server}`,
      `${range(result.perSecond, ofSize(result.perSecond.median))} ${unit === 'call' ? 'calls' : 'people'}`,
      range(result.cpuMicrosPerOperation, (value) => value.toFixed(2)),
      ratio((first?.cpuMicrosPerOperation.median ?? NaN) / result.cpuMicrosPerOperation.median),
    ]);
  });
  return [table([['', 'per second', 'CPU us each', 'CPU of the first'], ...rows]), ''].join('\n');
}

/** Searches beside scans of the names, and what the index takes. */
export function searchText(result: SearchResult): string {
  const { people, loadSeconds, indexSeconds, meanwhile, residentMiB, storeMiB, kinds } = result;
  const head = ['', 'such as', 'median ms', 'p99 ms', 'highest ms', 'like scan, median ms', ''];
  const rows = kinds.map(({ kind, example, search, scan }) => [
    kind,
    example,
    ...latencyCells(search),
    scan === undefined ? 'finds none' : scan.medianMs.toFixed(1),
    scan === undefined ? '' : ratio(scan.medianMs / search.medianMs),
  ]);
  const [median, p99, max] = latencyCells(meanwhile);
  return [
    `SearchPersons among ${count(people)} people, one call at a time`,
    table([head, ...rows]),
    `Recorded in ${loadSeconds.toFixed(1)} s; found ${indexSeconds.toFixed(1)} s later. ` +
      `GetPhone meanwhile: ${median} ms (median), ${p99} ms (p99), ${max} ms (highest)`,
    `Resident after indexing ${count(residentMiB.indexing)} MiB, after a restart and searches ` +
      `${count(residentMiB.searching)} MiB; the store has ${count(storeMiB)} MiB\n`,
  ].join('\n');
}

function latencyCells({ medianMs, p99Ms, maxMs }: Latencies): string[] {
  return [medianMs, p99Ms, maxMs].map((ms) => ms.toFixed(2));
}

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

export function range({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)} to ${format(max)})`;
}

/** Thousands as `k` once the typical value is large. */
export function ofSize(typical: number): (value: number) => string {
  return typical < 100_000 ? count : (value) => `${count(value / 1000)}k`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}

export function ratio(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)}x`;
}

export function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join('');
}

/** Drops the columns in which no row below the head has a value. */
export function withoutEmptyColumns([
  head = [],
  ...rows
]: readonly (readonly string[])[]): string[][] {
  const isUsed = head.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''));
  return [head, ...rows].map((row) => row.filter((_, column) => isUsed[column]));
}
