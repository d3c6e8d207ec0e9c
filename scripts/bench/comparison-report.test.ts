import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { readReport } from './against.js';
import type { ComparedResult, Comparison } from './compare.js';
import { clientText, comparisonText, summaryText } from './comparison-report.js';
import { latenciesOf, spread } from './statistics.js';

it('has a line for each server, and only columns with values', () => {
  const text = comparisonText(
    comparisonOf(resultOf('personguide', 300, 20), resultOf('grpc-js', 200, 50)),
  );
  expect(cellsOf(text)).toEqual([
    ['GetPhone: 100 in flight'],
    ['calls/s', 'CPU us each', 'busy server/client', 'personguide is'],
    ['personguide', '300 (300 to 300)', '20.00 (20.00 to 20.00)', '90 % / 50 %'],
    ['grpc-js', '200 (200 to 200)', '50.00 (50.00 to 50.00)', '90 % / 50 %', '1.50x (2.50x)'],
  ]);
});

it('has latencies at half load, h2load, and the ratio to an earlier run where they are known', () => {
  const result = {
    ...resultOf('personguide', 300, 20),
    halfLoad: { perSecond: 150, ...latenciesOf([1, 2, 3]) },
    h2load: { perSecond: spread([1_234]), cpuMicrosPerOperation: spread([5.5]) },
  };
  const earlier = reportOf(comparisonOf(resultOf('personguide', 150, 30)));
  const [, head, product, peer] = cellsOf(
    comparisonText(comparisonOf(result, resultOf('new server', 1, 1)), earlier),
  );
  expect(head?.slice(-3)).toEqual([
    'earlier run = 1',
    'at half load, ms: p50 p99 p99.9',
    'by h2load: calls/s, CPU us',
  ]);
  expect(product?.slice(-3)).toEqual(['2.00x (1.50x)', '2.00 2.00 2.00', '1,234, 5.50']);
  // A server that the earlier run did not have has no ratio.
  expect(peer?.at(-1)).toBe('300.0x (0.05x)');
});

it('sums all cases up in one Markdown table', () => {
  const earlier = reportOf(comparisonOf(resultOf('personguide', 150, 30)));
  const comparisons = [
    comparisonOf(resultOf('personguide', 300, 20), resultOf('grpc-js', 200, 50)),
  ];
  expect(summaryText(comparisons, earlier).split('\n').slice(2, 5)).toEqual([
    '| case | personguide | against grpc-js | earlier run = 1 |',
    '| --- | --- | --- | --- |',
    '| GetPhone | 300 calls/s | 1.50x (2.50x) | 2.00x (1.50x) |',
  ]);
});

it('compares clients with an earlier run', () => {
  const clientsOf = (perSecond: number, cpuMicros: number) => ({
    kind: 'getPhone' as const,
    unit: 'calls',
    clients: [
      { client: 'stub', perSecond: spread([100]), cpuMicrosEach: spread([10]) },
      { client: 'personguide', perSecond: spread([perSecond]), cpuMicrosEach: spread([cpuMicros]) },
    ],
  });
  const earlier = { ...reportOf(), client: [clientsOf(100, 10)] };
  const [, , , product] = cellsOf(clientText([clientsOf(200, 5)], earlier));
  expect(product?.slice(-2)).toEqual(['0.50x', '2.00x (2.00x)']);
});

it('reads a report that --json has written, and names any other file', () => {
  using folder = temporaryFolder();
  const written = reportOf(comparisonOf(resultOf('personguide', 300, 20)));
  writeFileSync(folder.file('run.json'), JSON.stringify(written));
  expect(readReport(folder.file('run.json'))).toEqual(written);
  for (const [name, content] of [
    ['text.json', 'not JSON'],
    ['other.json', '{"comparisons": 3}'],
    ['broken.json', '{"environment": {}, "comparisons": [{}]}'],
  ] as const) {
    writeFileSync(folder.file(name), content);
    expect(() => readReport(folder.file(name))).toThrow(folder.file(name));
  }
  expect(() => readReport(folder.file('missing.json'))).toThrow('missing.json');
});

it('finds percentiles in latencies of any order', () => {
  const times = Array.from({ length: 10_001 }, (_, index) => 10_000 - index);
  expect(latenciesOf(times)).toEqual({
    medianMs: 5_000,
    p99Ms: 9_900,
    p999Ms: 9_990,
    maxMs: 10_000,
  });
});

/** The cells of each line; two spaces or more are between them. */
function cellsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.trim().split(/ {2,}/));
}

function resultOf(server: string, perSecond: number, cpuMicros: number): ComparedResult {
  return {
    server,
    perSecond: spread([perSecond]),
    cpuMicrosPerOperation: spread([cpuMicros]),
    databaseCpuMicrosPerOperation: spread([0]),
    serverBusy: 0.9,
    clientBusy: 0.5,
  };
}

function comparisonOf(...results: ComparedResult[]): Comparison {
  return { name: 'GetPhone', unit: 'calls', setting: '100 in flight', results };
}

function reportOf(...comparisons: Comparison[]) {
  const environment = { node: '', cpu: '', coreEach: true, rounds: 1, load: 0, fsyncMicros: 0 };
  return { environment, comparisons };
}
