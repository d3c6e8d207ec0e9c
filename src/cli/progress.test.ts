import { startProgress } from './progress.js';

async function transfer(isTTY: boolean, itemMs: number): Promise<string[]> {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const progress = startProgress(stream, 'people sent', () => now);
  for await (const item of progress.counted(Array.from({ length: 5000 }, (_, index) => index))) {
    now = (item + 1) * itemMs;
  }
  progress.end();
  return written;
}

describe('startProgress', () => {
  it('counts on a terminal after the first second, five times a second, and clears the line', async () => {
    const written = await transfer(true, 1);
    expect(written[0]).toBe('\r\u001b[K1,001 people sent');
    expect(written.at(-2)).toBe('\r\u001b[K4,801 people sent');
    expect(written.at(-1)).toBe('\r\u001b[K');
    expect(written).toHaveLength(21);
  });

  it('shows nothing for a short transfer', async () => {
    expect(await transfer(true, 0.1)).toEqual([]);
  });

  it('shows nothing without a terminal', async () => {
    expect(await transfer(false, 1)).toEqual([]);
  });
});
