import { quantileMs, sampleOf } from './server-status.js';

const bounds = [0.001, 0.01, 0.1, Infinity];

describe('Latencies', () => {
  it('are interpolated within their class', () => {
    expect(quantileMs(0.5, bounds, [100, 0, 0, 0])).toBeCloseTo(0.5);
    expect(quantileMs(0.5, bounds, [50, 50, 0, 0])).toBeCloseTo(1);
    expect(quantileMs(0.99, bounds, [98, 2, 0, 0])).toBeCloseTo(5.5);
  });

  it('above all classes are the end of the last one', () => {
    expect(quantileMs(0.5, bounds, [0, 0, 0, 5])).toBe(100);
  });

  it('are unknown without calls', () => {
    expect(quantileMs(0.5, bounds, [0, 0, 0, 0])).toBeUndefined();
  });
});

describe('Two reports', () => {
  const before = {
    instance: 'a',
    uptimeSeconds: 10,
    ended: 100,
    failed: 1,
    bounds,
    counts: [100, 0, 0, 0],
  };

  it('have the rates of the time between them', () => {
    const counts = [100, 20, 0, 0];
    const after = { ...before, uptimeSeconds: 12, ended: 120, failed: 3, counts };
    const sample = sampleOf(before, after);
    expect(sample).toMatchObject({ callsPerSecond: 10, failuresPerSecond: 1 });
    expect(sample?.p50Ms).toBeCloseTo(5.5);
  });

  it('of two processes have no rates', () => {
    const other = { ...before, instance: 'b', uptimeSeconds: 12 };
    expect(sampleOf(before, other)).toBeUndefined();
    expect(sampleOf(before, before)).toBeUndefined();
  });
});
