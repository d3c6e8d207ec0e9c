import { wakeInSlices, WakeTimer } from './wake-timer.js';

describe('a wake timer', () => {
  it('wakes waiters in the order of their delays, and none of them early', async () => {
    const timer = new WakeTimer();
    const startedMs = performance.now();
    const woken: [number, number][] = [];
    await Promise.all(
      [350, 50, 200, 50].map(
        (delayMs) =>
          new Promise<void>((resolve) => {
            timer.add(delayMs, () => {
              woken.push([delayMs, performance.now() - startedMs]);
              resolve();
            });
          }),
      ),
    );
    expect(woken.map(([delayMs]) => delayMs)).toEqual([50, 50, 200, 350]);
    for (const [delayMs, tookMs] of woken) expect(tookMs).toBeGreaterThanOrEqual(delayMs);
  });

  it('does not wake those that were removed, also while it wakes others', async () => {
    const timer = new WakeTimer();
    const woken: string[] = [];
    const remove = timer.add(10, () => woken.push('removed before'));
    await new Promise<void>((resolve) => {
      timer.add(10, () => {
        removeLast();
        resolve();
      });
      const removeLast = timer.add(10, () => woken.push('removed meanwhile'));
      remove();
    });
    await new Promise<void>((resolve) => {
      timer.add(10, resolve);
    });
    expect(woken).toEqual([]);
  });

  it('keeps no timer when nobody waits', () => {
    const before = timers();
    const timer = new WakeTimer();
    const removes = [timer.add(1000, () => undefined), timer.add(60_000, () => undefined)];
    expect(timers()).toBe(before + 1);
    for (const remove of removes) remove();
    expect(timers()).toBe(before);
  });
});

it('wakes in slices, so that other work of the event loop is done in between', async () => {
  const woken: number[] = [];
  let wokenBefore: number | undefined;
  setImmediate(() => {
    wokenBefore = woken.length;
  });
  await wakeInSlices(Array.from({ length: 1000 }).keys(), (index) => woken.push(index));
  expect(woken).toEqual([...Array.from({ length: 1000 }).keys()]);
  expect(wokenBefore).toBeLessThan(1000);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
