import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { LineWriter } from './line-writer.js';

const lostLine = (lost: number): string => `lost ${lost}\n`;
const LONG = `${'x'.repeat(1023)}\n`;

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

/** A pipe with both ends in this process; both are non-blocking. */
function openPipe(name: string): { reader: number; writer: number } {
  const path = folder.file(name);
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

/** Everything that is in the pipe now. */
function drain(reader: number): string {
  const bytes = Buffer.alloc(64 * 1024);
  let text = '';
  for (;;) {
    try {
      const count = readSync(reader, bytes);
      if (count === 0) return text;
      text += bytes.toString('latin1', 0, count);
    } catch {
      return text;
    }
  }
}

/** Reads the pipe until it has that text. */
async function drainUntil(reader: number, wanted: string): Promise<string> {
  let text = '';
  while (!text.includes(wanted)) {
    text += drain(reader);
    await new Promise(setImmediate);
  }
  return text;
}

it('writes all lines in order, and the last ones at close', async () => {
  const path = folder.file('lines');
  const descriptor = openSync(path, 'w');
  const writer = new LineWriter(descriptor, lostLine);
  const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} with ünïcode\n`);
  for (const line of lines) writer.write(line);
  await writer.close();
  writer.write('too late\n');
  closeSync(descriptor);
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
});

it('writes a single line without waiting for more', async () => {
  const pipe = openPipe('single');
  const writer = new LineWriter(pipe.writer, lostLine);
  writer.write('one\n');
  expect(await drainUntil(pipe.reader, '\n')).toBe('one\n');
  await writer.close();
});

it('waits for a reader that is slow, and loses nothing below 4 MiB', async () => {
  const pipe = openPipe('slow');
  const writer = new LineWriter(pipe.writer, lostLine);
  const lines = Array.from({ length: 3000 }, (_, index) => `${index} ${LONG}`);
  for (const line of lines) writer.write(line);
  expect(await drainUntil(pipe.reader, lines[2999] ?? '')).toBe(lines.join(''));
  await writer.close();
});

it('loses lines beyond 4 MiB while the reader has stopped, and says how many', async () => {
  const pipe = openPipe('stopped');
  const writer = new LineWriter(pipe.writer, lostLine);
  for (let count = 0; count < 5000; count += 1) writer.write(LONG);
  const text = await drainUntil(pipe.reader, 'lost');
  const kept = text.split(LONG).length - 1;
  expect(kept).toBe((4 * 1024 * 1024) / LONG.length);
  expect(text).toBe(`${LONG.repeat(kept)}lost ${5000 - kept}\n`);
  await writer.close();
});

it('closes within a second or so although the reader has stopped', async () => {
  const pipe = openPipe('stuck');
  const writer = new LineWriter(pipe.writer, lostLine);
  for (let count = 0; count < 1000; count += 1) writer.write(LONG);
  const start = performance.now();
  await writer.close();
  expect(performance.now() - start).toBeLessThan(3000);
});

it('ignores everything once the reader is gone', async () => {
  const pipe = openPipe('gone');
  const writer = new LineWriter(pipe.writer, lostLine);
  closeSync(pipe.reader);
  writer.write('one\n');
  await writer.close();
  writer.write('two\n');
});

it('survives a full disk, and closes', async () => {
  const descriptor = openSync('/dev/full', 'w');
  const writer = new LineWriter(descriptor, lostLine);
  for (let count = 0; count < 1000; count += 1) writer.write(LONG);
  await new Promise(setImmediate);
  writer.write('one\n');
  await writer.close();
  closeSync(descriptor);
});

it('writes all that is left when the process exits in the middle', async () => {
  const module = resolve(__dirname, '../../dist/src/server/line-writer.js');
  const script = `
    const { LineWriter } = require(${JSON.stringify(module)});
    const writer = new LineWriter(process.stdout.fd, String);
    for (let count = 0; count < 3000; count += 1) writer.write(count + ${JSON.stringify(` ${LONG}`)});
    process.exit(3);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(3);
  const numbers = new Set(text.split('\n').map((line) => parseInt(line)));
  expect(numbers.size).toBe(3001);
});
