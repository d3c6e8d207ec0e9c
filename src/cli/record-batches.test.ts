import {
  documentsOf,
  endOf,
  failureOf,
  fileOf,
  run,
  start,
  useServer,
} from './run-cli.test.support.js';

useServer();

const MANY = 10_002;

/** As many people without ids, of whom some have another document. */
function linesOf(count: number, others: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: count }, (_, index) => others[index] ?? '{"name":"Ann"}\n').join('');
}

async function recordedIds(): Promise<number[]> {
  return ((await documentsOf(['list'])) as { id: number }[]).map(({ id }) => id);
}

it('records a large file in batches, with a line for each', async () => {
  const { code, stdout, stderr } = await run(['record', await fileOf(linesOf(MANY))]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '10,002 people recorded\n' });
  expect(stdout).toBe('people 1 to 10,000 recorded\npeople 10,001 to 10,002 recorded\n');
  expect((await recordedIds()).at(-1)).toBe(MANY);
});

it('prints the people of all batches with --json', async () => {
  const people = await documentsOf(['record', await fileOf(linesOf(MANY))]);
  expect(people).toHaveLength(MANY);
});

it('says how to continue after a batch that the server rejects, and continues there', async () => {
  const path = await fileOf(linesOf(MANY, { 10_001: '{"name":""}\n' }));
  const [code, line] = await failureOf(['record', path]);
  expect(code).toBe(4);
  expect(line).toMatch(
    /people\.txt:10002: RecordPersons INVALID_ARGUMENT: people\[10001\]\.name: /,
  );
  expect(line).toMatch(
    /; people 1 to 10,000 were recorded; those after them were not; continue with --skip 10000$/,
  );
  expect(await recordedIds()).toHaveLength(10_000);

  const { stderr, stdout } = await run(['record', '--skip', '10000', await fileOf(linesOf(MANY))]);
  expect(stderr).toBe('2 people recorded\n');
  expect(stdout).toMatch(/^ {3}ID {2}NAME.*\n10001 {2}Ann .*\n10002 {2}Ann .*\n$/);
  expect(await recordedIds()).toHaveLength(MANY);
});

it('says how to continue after a line of a later batch that is invalid', async () => {
  const path = await fileOf(linesOf(MANY, { 10_000: '{"nmae":"Ann"}\n' }));
  const [code, line] = await failureOf(['record', path]);
  expect(code).toBe(2);
  expect(line).toMatch(
    /people\.txt:10001: nmae: is not a known field; did you mean name\?; people 1/,
  );
  expect(line).toMatch(/continue with --skip 10000$/);
});

it('says how to continue after Ctrl+C', async () => {
  const child = start(['record', '-']);
  child.stdin.write(linesOf(10_001));
  const end = endOf(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  expect(await end).toMatchObject({
    code: 130,
    stdout: 'people 1 to 10,000 recorded\n',
    stderr:
      'personguide: interrupted; people 1 to 10,000 were recorded; those after them were not; ' +
      'continue with --skip 10000\n',
  });
  expect(await recordedIds()).toHaveLength(10_000);
});
