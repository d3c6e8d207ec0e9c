import { CounterTotals } from './counter-totals.js';
import { Histogram } from './histogram.js';
import { counter, gauge, histogram, sample } from './metric-object.js';

it('adds counters and histograms by name and labels, and leaves gauges out', () => {
  const seconds = new Histogram([1, 2]);
  seconds.observe(0.5);
  seconds.observe(1.5);
  const one = [
    counter('calls_total', 'Calls.', [sample(3, { code: 'OK' }), sample(1, { code: 'NotFound' })]),
    histogram('seconds', 'Times.', [[{}, seconds]]),
    gauge('open', 'Open.', [sample(7)]),
  ];
  const totals = new CounterTotals();
  totals.add(one);
  totals.add(one);
  totals.add([counter('calls_total', 'Calls.', [sample(10, { code: 'OK' })])]);
  const collected = totals.collect();
  expect(collected.map(({ name }) => name)).toEqual(['calls_total', 'seconds']);
  expect(collected[0]?.values).toEqual([
    sample(16, { code: 'OK' }),
    sample(2, { code: 'NotFound' }),
  ]);
  const values = collected[1]?.values.map(({ metricName, value }) => [metricName, value]);
  expect(values).toEqual([
    ['seconds_bucket', 2],
    ['seconds_bucket', 4],
    ['seconds_bucket', 4],
    ['seconds_sum', 4],
    ['seconds_count', 4],
  ]);
});
