import { startProgress } from './progress.js';

const ITEMS = 5000;

interface Transfer {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly itemMs: number;
  readonly fraction?: (count: number) => number | undefined;
}

async function transfer({ isTTY = true, columns, itemMs, fraction }: Transfer): Promise<string[]> {
  const written: string[] = [];
  let now = 0;
  const stream = {
    isTTY,
    ...(columns !== undefined && { columns }),
    write: (text: string) => written.push(text),
  };
  const progress = startProgress(stream, 'people sent', { nowMs: () => now, fraction });
  for await (const item of progress.counted(Array.from({ length: ITEMS }, (_, index) => index))) {
    now = (item + 1) * itemMs;
  }
  expect(progress.count).toBe(ITEMS);
  progress.end();
  return written;
}

describe('startProgress', () => {
  it('counts on a terminal after the first second, five times a second, and clears the line', async () => {
    const written = await transfer({ itemMs: 1 });
    expect(written[0]).toBe('\r\u001b[K1,001 people sent, 1,001/s');
    expect(written.at(-2)).toBe('\r\u001b[K4,801 people sent, 1,000/s');
    expect(written.at(-1)).toBe('\r\u001b[K');
    expect(written).toHaveLength(21);
  });

  it('shows the percentage and the remaining time if the size is known', async () => {
    const written = await transfer({ itemMs: 1, fraction: (count) => count / ITEMS });
    expect(written[0]).toBe('\r\u001b[K1,001 people sent, 1,001/s, 20 %, 4 s left');
    expect(written.at(-2)).toBe('\r\u001b[K4,801 people sent, 1,000/s, 96 %, 1 s left');
  });

  it.each([
    [100, '6 min 40 s left'],
    [1000, '1 h 6 min left'],
  ])('shows long times in larger units', async (itemMs, left) => {
    const [first] = (await transfer({ itemMs, fraction: (count) => count / ITEMS })).filter(
      (text) => text.includes(' 20 %'),
    );
    expect(first).toContain(left);
  });

  it('fits the width of the terminal', async () => {
    const [first] = await transfer({ itemMs: 1, columns: 12 });
    expect(first).toBe('\r\u001b[K1,001 peopl');
  });

  it('shows the whole text on a terminal that does not report its width', async () => {
    const [first] = await transfer({ itemMs: 1, columns: 0 });
    expect(first).toBe('\r\u001b[K1,001 people sent, 1,001/s');
  });

  it('shows nothing for a short transfer', async () => {
    expect(await transfer({ itemMs: 0.1 })).toEqual([]);
  });

  it('shows nothing without a terminal', async () => {
    expect(await transfer({ isTTY: false, itemMs: 1 })).toEqual([]);
  });
});
