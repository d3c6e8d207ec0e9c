import { readH2load } from './h2load.js';

/** A report of h2load 1.52, shortened. */
function reportOf(finished: string, counts: string): string {
  return [
    'starting benchmark...',
    'Application protocol: h2c',
    '',
    finished,
    `requests: 13900 total, 14000 started, 13900 done, ${counts}`,
    'status codes: 14000 2xx, 0 3xx, 0 4xx, 0 5xx',
    'time for request:     1.53ms    117.95ms     14.16ms     12.78ms    89.93%',
  ].join('\n');
}

const ALL = '13900 succeeded, 0 failed, 0 errored, 0 timeout';

it.each([
  ['2.00s', 2_000],
  ['51.71ms', 51.71],
  ['900us', 0.9],
])('reads the calls and the time of a run that finished in %s', (time, wallMs) => {
  const { calls, wallMs: actual } = readH2load(reportOf(`finished in ${time}, 6950.00 req/s`, ALL));
  expect(calls).toBe(13_900);
  expect(actual).toBeCloseTo(wallMs);
});

it.each([
  [
    'calls failed',
    reportOf('finished in 2.00s,', '13899 succeeded, 1 failed, 0 errored, 0 timeout'),
  ],
  [
    'calls were cut off',
    reportOf('finished in 2.00s,', '13899 succeeded, 0 failed, 1 errored, 0 timeout'),
  ],
  ['no call ended', reportOf('finished in 50ms,', '0 succeeded, 0 failed, 0 errored, 0 timeout')],
  ['it could not connect', 'starting benchmark...'],
])('throws with the whole report if %s', (_, report) => {
  expect(() => readH2load(report)).toThrow(report);
});
