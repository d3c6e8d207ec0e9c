import { earlierClient, earlierServer, type EarlierReport, type Measured } from './against.js';
import type { ClientResult } from './client.js';
import type { Comparison } from './compare.js';
import type { Result } from './measure.js';
import {
  count,
  markdownTable,
  ofSize,
  percent,
  range,
  ratio,
  table,
  withoutEmptyColumns,
} from './report.js';
import { PRODUCT } from './servers.js';
import type { H2loadResult, HalfLoad } from './unary-load.js';

/**
 * The servers of a case, one line each, what the product is against each of them, and what each is
 * against an earlier run. Columns without a value are left out.
 */
export function comparisonText(
  { name, unit, setting, results }: Comparison,
  against?: EarlierReport,
): string {
  const product = results.find(({ server }) => server === PRODUCT);
  const rows = results.map((result) => [
    result.server,
    range(result.perSecond, ofSize(result.perSecond.median)),
    range(result.cpuMicrosPerOperation, (value) => value.toFixed(2)),
    `${percent(result.serverBusy)} / ${percent(result.clientBusy)}`,
    result === product || product === undefined
      ? ''
      : ratiosText(measuredOf(product), measuredOf(result)),
    against ? againstText(measuredOf(result), earlierServer(against, name, result.server)) : '',
    halfLoadText(result.halfLoad),
    h2loadText(result.h2load),
  ]);
  const head = [
    ...['', `${unit}/s`, 'CPU us each', 'busy server/client', 'personguide is'],
    ...['earlier run = 1', 'at half load, ms: p50 p99 p99.9', 'by h2load: calls/s, CPU us'],
  ];
  return `${name}: ${setting}\n${table(withoutEmptyColumns([head, ...rows]))}`;
}

function halfLoadText(halfLoad: HalfLoad | undefined): string {
  if (halfLoad === undefined) return '';
  return [halfLoad.medianMs, halfLoad.p99Ms, halfLoad.p999Ms].map((ms) => ms.toFixed(2)).join(' ');
}

function h2loadText(h2load: H2loadResult | undefined): string {
  if (h2load === undefined) return '';
  return `${count(h2load.perSecond.median)}, ${h2load.cpuMicrosPerOperation.median.toFixed(2)}`;
}

function againstText(measured: Measured, earlier: Measured | undefined): string {
  return earlier === undefined ? '' : ratiosText(measured, earlier);
}

function measuredOf({ perSecond, cpuMicrosPerOperation }: Result): Measured {
  return { perSecond: perSecond.median, cpuMicros: cpuMicrosPerOperation.median };
}

/**
 * All cases in one Markdown table: what the product does, its latencies at half load, and its ratio
 * to each peer and to an earlier run.
 */
export function summaryText(comparisons: readonly Comparison[], against?: EarlierReport): string {
  const peers = [...new Set(comparisons.flatMap(({ results }) => results.map((r) => r.server)))];
  const others = peers.filter((server) => server !== PRODUCT);
  const rows = comparisons.map(({ name, unit, results }) => {
    const product = results.find(({ server }) => server === PRODUCT);
    if (product === undefined) return [name];
    const perSecond = product.perSecond.median;
    const cells = others.map((peer) => {
      const result = results.find(({ server }) => server === peer);
      return result === undefined ? '' : ratiosText(measuredOf(product), measuredOf(result));
    });
    const earlier = against && earlierServer(against, name, PRODUCT);
    return [
      ...[name, `${ofSize(perSecond)(perSecond)} ${unit}/s`, halfLoadText(product.halfLoad)],
      ...[...cells, againstText(measuredOf(product), earlier)],
    ];
  });
  const head = [
    ...['case', PRODUCT, 'at half load, ms: p50 p99 p99.9'],
    ...[...others.map((server) => `against ${server}`), 'earlier run = 1'],
  ];
  const [shownHead = [], ...shownRows] = withoutEmptyColumns([head, ...rows]);
  return `Throughput as a multiple of each peer's (in brackets: work per CPU second)\n\n${markdownTable(shownHead, shownRows)}`;
}

export function clientText(results: readonly ClientResult[], against?: EarlierReport): string {
  const head = [
    ...['', '', 'unit', 'per second', 'CPU us each', 'stub = 1, by CPU'],
    'earlier run = 1',
  ];
  const rows = results.flatMap(({ kind, unit, clients }) => {
    const stub = clients.find(({ client }) => client === 'stub');
    return clients.map((one) => [
      kind,
      one.client,
      unit,
      range(one.perSecond, ofSize(one.perSecond.median)),
      range(one.cpuMicrosEach, (value) => value.toFixed(2)),
      ratio(one.cpuMicrosEach.median / (stub?.cpuMicrosEach.median ?? NaN)),
      against
        ? againstText(
            { perSecond: one.perSecond.median, cpuMicros: one.cpuMicrosEach.median },
            earlierClient(against, kind, one.client),
          )
        : '',
    ]);
  });
  return `Clients, against a plain grpc-js server\n${table(withoutEmptyColumns([head, ...rows]))}`;
}

/** How many times as much the product does, by wall time and in brackets by CPU time. */
function ratiosText(product: Measured, peer: Measured): string {
  const byWall = product.perSecond / peer.perSecond;
  const byCpu = peer.cpuMicros / product.cpuMicros;
  return `${ratio(byWall)} (${ratio(byCpu)})`;
}
