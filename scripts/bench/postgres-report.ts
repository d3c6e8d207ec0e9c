import type { Comparison } from './compare.js';
import type { DatabaseServer } from './database-server.js';
import type { Result } from './measure.js';
import { PLAIN_COPY, TWO_SERVERS, type EnginesResult } from './postgres.js';
import { CORE_COUNT, CORES_FOR_TWO_SERVERS } from './processes.js';
import { markdownTable, ofSize, percent, range, ratio, table } from './report.js';
import { ON_POSTGRES, ON_SQLITE } from './servers.js';

/** Which results are divided, and what the throughput is meant to be at least. */
interface Ratio {
  readonly case: string;
  readonly of: string;
  readonly by: string;
  readonly atLeast?: number;
}

const RATIOS: readonly Ratio[] = [
  { case: 'GetPhone', of: ON_POSTGRES, by: ON_SQLITE, atLeast: 0.9 },
  { case: 'GetPhone', of: TWO_SERVERS, by: ON_POSTGRES, atLeast: 1.5 },
  { case: 'ListPersons', of: ON_POSTGRES, by: ON_SQLITE, atLeast: 0.5 },
  { case: 'RecordPersons', of: ON_POSTGRES, by: ON_SQLITE },
  { case: 'RecordPersons', of: ON_POSTGRES, by: PLAIN_COPY, atLeast: 1 / 3 },
  { case: 'RoutePhones', of: ON_POSTGRES, by: ON_SQLITE },
  { case: 'AddUser', of: ON_POSTGRES, by: ON_SQLITE, atLeast: 0.5 },
  { case: 'FindUser', of: ON_POSTGRES, by: ON_SQLITE },
];

/** Where the database runs. */
export function databaseText({ version, own }: DatabaseServer): string {
  const cores = `${CORE_COUNT} cores`;
  const shared = own && !CORES_FOR_TWO_SERVERS ? ', on the core of the client' : '';
  const both = CORES_FOR_TWO_SERVERS
    ? 'Two servers have a core each.\n'
    : 'Two servers share a core, so they show the CPU of a call and not its throughput.\n';
  return `PostgreSQL ${version}, ${own ? 'started for this run' : 'as it was found'}${shared}; ${cores}. ${both}`;
}

/** The contestants of a case, one line each. */
export function engineText({ name, unit, setting, results }: Comparison): string {
  const head = ['', `${unit}/s`, 'CPU us each', 'CPU us of PostgreSQL', 'busy server/client'];
  const rows = results.map((result) => [
    result.server,
    range(result.perSecond, ofSize(result.perSecond.median)),
    cpuText(result.cpuMicrosPerOperation.median),
    cpuText(result.databaseCpuMicrosPerOperation.median),
    `${percent(result.serverBusy)} / ${percent(result.clientBusy)}`,
  ]);
  return `${name}: ${setting}\n${table([head, ...rows])}`;
}

/** The ratios in a Markdown table. */
export function enginesSummaryText({ comparisons }: EnginesResult): string {
  const rows = RATIOS.flatMap((one) => {
    const { unit = '', results = [] } = comparisons.find(({ name }) => name === one.case) ?? {};
    const find = (server: string): Result | undefined => results.find((r) => r.server === server);
    const of = find(one.of);
    const by = find(one.by);
    return of === undefined || by === undefined ? [] : [ratioRow(one, unit, of, by)];
  });
  const head = [
    'case',
    'throughput',
    'ratio',
    'at least',
    'server CPU us each',
    'ratio of work per CPU second',
    'PostgreSQL CPU us each',
  ];
  return markdownTable(head, rows);
}

function ratioRow(one: Ratio, unit: string, of: Result, by: Result): string[] {
  const throughput = of.perSecond.median / by.perSecond.median;
  const cpu = of.cpuMicrosPerOperation.median;
  const otherCpu = by.cpuMicrosPerOperation.median;
  const format = (value: number): string => ofSize(value)(value);
  return [
    `${one.case}: ${one.of} / ${one.by}`,
    `${format(of.perSecond.median)} / ${format(by.perSecond.median)} ${unit}/s`,
    ratio(throughput),
    targetText(one, throughput),
    `${cpuText(cpu)} / ${cpuText(otherCpu)}`,
    otherCpu > 0 ? ratio(otherCpu / cpu) : '',
    [of, by].map((r) => cpuText(r.databaseCpuMicrosPerOperation.median)).join(' / '),
  ];
}

function targetText({ of, atLeast }: Ratio, throughput: number): string {
  if (atLeast === undefined) return '';
  if (of === TWO_SERVERS && !CORES_FOR_TWO_SERVERS) return `${ratio(atLeast)}: too few cores`;
  return `${ratio(atLeast)}: ${throughput >= atLeast ? 'met' : 'not met'}`;
}

function cpuText(micros: number): string {
  return micros > 0 ? micros.toFixed(2) : '-';
}
