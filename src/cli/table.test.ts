import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { openOutput } from './output.js';
import { Table, type Column } from './table.js';
import { terminalOf, type TerminalStream } from './terminal.js';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly note?: string;
}

const columns: readonly Column<Row>[] = [
  { header: 'ID', text: ({ id }) => String(id), numeric: true },
  { header: 'NAME', text: ({ name }) => name },
  {
    header: 'NOTE',
    text: ({ note = '' }) => note,
    color: ({ note }) => (note === 'good' ? 'green' : undefined),
  },
];

async function linesOf(
  rows: Iterable<Row> | AsyncIterable<Row>,
  stream: TerminalStream = {},
): Promise<string[]> {
  const sink = new PassThrough({ highWaterMark: 1e6 });
  const output = openOutput(sink, new AbortController().signal);
  const table = new Table(columns, output, terminalOf(stream));
  for await (const row of rows) await table.add(row);
  await table.end();
  sink.end();
  return (await text(sink)).split('\n').slice(0, -1);
}

it('aligns columns below a header; an empty cell is a dash', async () => {
  const rows = [
    { id: 7, name: 'Gabriel', note: 'x' },
    { id: 10_000, name: '山田' },
  ];
  expect(await linesOf(rows)).toEqual([
    '   ID  NAME     NOTE',
    '    7  Gabriel  x',
    '10000  山田     -',
  ]);
});

it('writes nothing for no rows', async () => {
  expect(await linesOf([])).toEqual([]);
});

it('never cuts a text that does not go to a terminal', async () => {
  const name = 'n'.repeat(300);
  expect((await linesOf([{ id: 1, name, note: 'x' }])).at(1)).toBe(` 1  ${name}  x`);
});

it('never cuts a text on a terminal that does not report its width', async () => {
  const name = 'n'.repeat(300);
  const lines = await linesOf([{ id: 1, name, note: 'x' }], { isTTY: true, columns: 0 });
  expect(lines.at(1)).toBe(` 1  ${name}  x`);
});

it('fits the columns to the terminal, and cuts the widest first', async () => {
  const row = { id: 123_456_789, name: 'n'.repeat(30), note: 'o'.repeat(12) };
  const lines = await linesOf([row], { isTTY: true, columns: 40 });
  expect(lines).toEqual([
    '       ID  NAME             NOTE',
    `123456789  ${'n'.repeat(14)}…  ${'o'.repeat(12)}`,
  ]);
  expect(lines[1]).toHaveLength(40);
});

it('keeps numbers and eight characters of a text on a narrow terminal', async () => {
  const row = { id: 123_456_789, name: 'n'.repeat(30), note: 'o'.repeat(12) };
  const lines = await linesOf([row], { isTTY: true, columns: 10 });
  expect(lines[1]).toBe('123456789  nnnnnnn…  ooooooo…');
});

it('shows the rows of a slow stream without waiting for more', async () => {
  const sink = new PassThrough();
  const output = openOutput(sink, new AbortController().signal);
  const table = new Table(columns, output, terminalOf({}));
  await table.add({ id: 1, name: 'Ann' });
  let shown = '';
  for await (const chunk of sink) {
    shown += String(chunk);
    if (shown.includes('Ann')) break;
  }
  expect(shown).toMatch(/^ID {2}NAME/);
});

it('takes the widths from the first hundred rows, and shows wider texts after them whole', async () => {
  const rows = Array.from({ length: 102 }, (_, index) => ({
    id: index,
    name: index < 100 ? 'Ann' : 'Maximilian',
    note: 'x',
  }));
  const lines = await linesOf(rows);
  expect(lines).toHaveLength(103);
  expect(lines.at(1)).toBe(' 0  Ann   x');
  expect(lines.at(-1)).toBe('101  Maximilian  x');
});

describe('colors', () => {
  const rows = [{ id: 1, name: 'Ann', note: 'good' }];

  it('are used on a terminal that has them', async () => {
    const stream = { isTTY: true, columns: 80, hasColors: (): boolean => true };
    const [header, line] = await linesOf(rows, stream);
    expect(header).toBe('\u001b[1mID  NAME  NOTE\u001b[22m');
    expect(line).toBe(' 1  Ann   \u001b[32mgood\u001b[39m');
  });

  it.each([
    ['a terminal without them', { isTTY: true, columns: 80, hasColors: (): boolean => false }],
    ['a file', { hasColors: (): boolean => true }],
  ])('are not used on %s', async (_, stream) => {
    expect((await linesOf(rows, stream)).join('')).not.toContain('\u001b');
  });
});

it('rejects when the output fails', async () => {
  const aborter = new AbortController();
  const table = new Table(columns, openOutput(new PassThrough(), aborter.signal), terminalOf({}));
  await table.add({ id: 1, name: 'Ann' });
  aborter.abort(new Error('closed'));
  await expect(table.end()).rejects.toThrow('closed');
});
