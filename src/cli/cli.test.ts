import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { watchChild, type Exit } from '../test-support/child.js';
import { PROGRAM } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';

const TIMEOUT_MS = 30_000;
jest.setTimeout(TIMEOUT_MS);

const folder = temporaryFolder();
let server: RunningDirectory;

afterAll(() => {
  folder[Symbol.dispose]();
});

beforeEach(async () => {
  server = await startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    demo: false,
    logLevel: 'silent',
    shutdownGraceMs: 100,
  });
});
afterEach(() => server.stop());

/** Starts the command; without --address it calls the server of the test. */
function start(args: readonly string[], nodeArgs: string[] = []): ChildProcessWithoutNullStreams {
  const env = { ...process.env, PERSONGUIDE_ADDRESS: server.addresses.join() };
  return spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], { env, timeout: TIMEOUT_MS });
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<Exit> {
  return watchChild(child).exited;
}

async function run(args: readonly string[], input = ''): Promise<Exit> {
  const child = start(args);
  // A command that exits early does not read its input.
  child.stdin.on('error', () => undefined).end(input);
  return endOf(child);
}

/** Runs a command that must succeed, and returns its output in lines. */
async function linesOf(args: readonly string[], input = ''): Promise<string[]> {
  const { code, stdout, stderr } = await run(args, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

async function documentsOf(args: readonly string[], input = ''): Promise<unknown[]> {
  const lines = await linesOf([...args, '--json'], input);
  return lines.map((line): unknown => JSON.parse(line));
}

/** Runs a command that must fail with one line, and returns its exit code and that line. */
async function failureOf(args: readonly string[], input = ''): Promise<[number | null, string]> {
  const { code, stderr } = await run(args, input);
  const [, line] = /^personguide: (.+)\n$/.exec(stderr) ?? [];
  if (line === undefined) throw new Error(`not one line on standard error: ${stderr}`);
  return [code, line];
}

async function fileOf(content: string): Promise<string> {
  const path = folder.file('people.txt');
  await writeFile(path, content);
  return path;
}

const juan = {
  name: 'Juan',
  id: 1,
  email: 'juan@gmail.com',
  phones: [{ number: '1234', type: 'HOME' }],
  adresses: [{ name: 'my adress' }],
};
const ann = { name: 'Ann', id: 2, email: 'ann@example.com' };
const BOTH = `${JSON.stringify(juan)}\n${JSON.stringify(ann)}\n`;

describe('personguide record', () => {
  it.each([
    ['a file with an array', JSON.stringify([juan, ann])],
    ['a file with lines', BOTH],
  ])('records %s', async (_, content) => {
    expect(await documentsOf(['record', await fileOf(content)])).toMatchObject([juan, ann]);
    expect(await documentsOf(['list'])).toMatchObject([juan, ann]);
  });

  it('records standard input, and shows the assigned ids', async () => {
    const [line] = await linesOf(['record', '-'], '{"name":"Ann"}');
    expect(line).toMatch(/^ +1 {2}Ann /);
  });

  it('records the output of list --json', async () => {
    await linesOf(['record', '-'], BOTH);
    const listed = (await linesOf(['list', '--json'])).join('\n');
    expect(await documentsOf(['record', '-'], listed)).toMatchObject([juan, ann]);
  });

  it('names the fields that the server rejects, and their place in the file', async () => {
    const path = await fileOf(`${JSON.stringify(juan)}\n\n{"id":2,"email":"ann"}\n`);
    const [code, line] = await failureOf(['record', path]);
    expect(code).toBe(4);
    expect(line).toMatch(/people\.txt:3: RecordPersons INVALID_ARGUMENT: /);
    expect(line).toMatch(/people\[1\]\.name: .+; people\[1\]\.email: /);
    expect(await linesOf(['list'])).toEqual([]);
  });

  it('records nothing when a later line is invalid', async () => {
    const [code, line] = await failureOf(['record', '-'], `${BOTH}{"name":7}\n`);
    expect([code, line]).toEqual([2, 'standard input:3: name: must be a string, not 7']);
    expect(await linesOf(['list'])).toEqual([]);
  });

  it('rejects more people than the server accepts in a call', async () => {
    const [code, line] = await failureOf(['record', '-'], '{"name":"Ann"}\n'.repeat(10_001));
    expect(code).toBe(8);
    expect(line).toMatch(/RESOURCE_EXHAUSTED/);
  });

  it.each([
    ['{"name":', /people\.txt:1: invalid JSON/],
    ['[{"type":1}]', /people\.txt\[0\]: type: is not a known field/],
  ])('rejects the file %s', async (content, pattern) => {
    const [code, line] = await failureOf(['record', await fileOf(content)]);
    expect(code).toBe(2);
    expect(line).toMatch(pattern);
  });

  it('rejects a missing file', async () => {
    const [code, line] = await failureOf(['record', folder.file('none')]);
    expect(code).toBe(2);
    expect(line).toMatch(/^cannot read .*none: ENOENT/);
  });
});

describe('personguide phone, list and route', () => {
  beforeEach(() => linesOf(['record', '-'], BOTH));

  it('show the first phone of a person', async () => {
    expect(await linesOf(['phone', '1'])).toEqual(['1234              HOME']);
    expect(await documentsOf(['phone', 'juan@gmail.com'])).toEqual(juan.phones);
    expect(await linesOf(['phone', '2'])).toEqual(['(no phone)']);
  });

  it('exit with 3 when the person does not exist', async () => {
    const [code, line] = await failureOf(['phone', '99']);
    expect(code).toBe(3);
    expect(line).toMatch(/^GetPhone NOT_FOUND: /);
  });

  it('list the people at an address', async () => {
    expect(await documentsOf(['list', ' MY ADRESS '])).toMatchObject([juan]);
    expect(await linesOf(['list', 'elsewhere'])).toEqual([]);
    expect(await linesOf(['list'])).toHaveLength(2);
  });

  it('route the recorded phones, otherwise those in the file', async () => {
    const strangers =
      '{"name":"Bob","phones":[{"number":"9","type":2},{"number":"8"}]}\n{"id":1}\n';
    expect(await documentsOf(['route', '-'], strangers)).toEqual(
      [{ number: '9', type: 'WORK' }, { number: '8', type: 'MOBILE' }, ...juan.phones].map(
        (phone) => (phone.type === 'MOBILE' ? { number: phone.number } : phone),
      ),
    );
  });
});

describe('personguide user', () => {
  const add = ['user', 'add', '--first-name', 'John', '--last-name', 'Doe'];

  it('adds users, lists them by verification and finds them', async () => {
    const john = { firstName: 'John', lastName: 'Doe', id: 1 };
    const jane = {
      firstName: 'John',
      lastName: 'Doe',
      id: 2,
      email: 'j@x.org',
      address: 'Here',
      verified: true,
    };
    expect(await documentsOf(add)).toEqual([john]);
    expect(
      await documentsOf([...add, '--email', 'j@x.org', '--home-address', 'Here', '--verified']),
    ).toEqual([jane]);
    expect(await documentsOf(['user', 'list'])).toEqual([john, jane]);
    expect(await documentsOf(['user', 'list', '--verified'])).toEqual([jane]);
    expect(await documentsOf(['user', 'list', '--unverified'])).toEqual([john]);
    expect(await documentsOf(['user', 'find', '1'])).toEqual([john]);
    expect(await documentsOf(['user', 'find', 'J@X.org'])).toEqual([jane]);
  });

  it('exits with 5 when the email is taken, with 4 when a name is empty', async () => {
    await linesOf([...add, '--email', 'j@x.org']);
    expect(await failureOf([...add, '--email', 'j@x.org'])).toEqual([
      5,
      expect.stringMatching(/^AddUser ALREADY_EXISTS: /),
    ]);
    expect(await failureOf(['user', 'add', '--first-name', ' ', '--last-name', ' '])).toEqual([
      4,
      expect.stringMatching(/^AddUser INVALID_ARGUMENT: first_name: .*; last_name: /),
    ]);
  });
});

describe('personguide health', () => {
  it('shows the status of the server and of a service', async () => {
    expect(await linesOf(['health'])).toEqual(['SERVING']);
    expect(await documentsOf(['health', 'personguide.PersonGuide'])).toEqual([
      { status: 'SERVING' },
    ]);
  });

  it('exits with 3 when the server does not have the service', async () => {
    expect((await failureOf(['health', 'unknown.Service']))[0]).toBe(3);
  });
});

describe('personguide demo', () => {
  it('makes the calls of the tutorial', async () => {
    const documents = await documentsOf(['demo']);
    const names = ['Juan', 'Gabriel', 'Albert', 'Mark', 'Brian', 'Kevin'];
    const people = names.map((name, index): unknown =>
      expect.objectContaining({ id: index + 1, name }),
    );
    const home = { number: '1234', type: 'HOME' };
    const phones = [home, { number: '4321', type: 'WORK' }, { number: '4312' }];
    expect(documents).toEqual([
      ...people,
      ...names.flatMap(() => phones),
      ...names.map(() => home),
      ...people,
    ]);
  });

  it('prints a heading for each call', async () => {
    const lines = await linesOf(['demo']);
    const headings = lines.filter((line) => /^[A-Z]/.test(line));
    expect(headings).toHaveLength(9);
  });
});

describe('personguide without a response', () => {
  it('exits with 6 when there is no server, even if its input stays open', async () => {
    const { address, close } = await silentPort();
    await close();
    const child = start(['record', '-', '--address', address]);
    child.stdin.on('error', () => undefined).write(BOTH);
    const { code, stderr } = await endOf(child);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^personguide: RecordPersons UNAVAILABLE: .*nothing listens there.*\n$/);
  });

  it('exits with 7 when the server does not respond in time', async () => {
    const { address, close } = await silentPort();
    const [code, line] = await failureOf(['list', '--timeout', '300ms', '--address', address]);
    expect(code).toBe(7);
    expect(line).toMatch(/^ListPersons DEADLINE_EXCEEDED/);
    await close();
  });

  it.each([['list'], ['phone', '1'], ['record', '-']])(
    'exits %s with 130 at Ctrl+C',
    async (...args) => {
      const { address, connected, close } = await silentPort();
      const child = start([...args, '--address', address]);
      child.stdin.write(BOTH);
      const end = endOf(child);
      await connected;
      child.kill('SIGINT');
      expect(await end).toEqual({
        code: 130,
        signal: null,
        stdout: '',
        stderr: 'personguide: interrupted\n',
      });
      await close();
    },
  );
});

describe('personguide', () => {
  it('exits without an error when its output is closed', async () => {
    await linesOf(['record', '-'], '{"name":"Ann"}\n'.repeat(10_000));
    const child = start(['list', '--json']);
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
    expect(await closed).toEqual([0, null]);
  });

  it.each([
    [['phone'], /missing required argument 'ID\|EMAIL'/],
    [['phone', 'juan'], /'juan' is invalid .*an id \(a number\) or an email/],
    [['phone', '1', '2'], /too many arguments/],
    [['phne', '1'], /unknown command 'phne' \(Did you mean phone\?\)/],
    [['list', '--colour'], /unknown option '--colour'/],
    [['list', '--timeout', '10'], /--timeout .*such as 800ms, 10s or 1m/],
    [['list', '--timeout', '0s'], /--timeout .*above zero/],
    [['list', '--address', 'here'], /--address .*must be HOST:PORT/],
    [['list', '--tls-ca', '/nowhere.pem'], /nowhere\.pem/],
    [['user', 'add', '--first-name', 'John'], /--last-name .*not specified/],
    [['user', 'list', '--verified', '--unverified'], /cannot be used with/],
    [['user', 'lst'], /unknown command 'lst'/],
  ])('exits with 2 for %j', async (args, pattern) => {
    const [code, line] = await failureOf(args);
    expect(code).toBe(2);
    expect(line).toMatch(pattern);
  });

  it.each([
    [[]],
    ...['demo', 'phone', 'list', 'record', 'route', 'health'].map((name) => [[name]]),
    ...['add', 'list', 'find'].map((name) => [['user', name]]),
  ])('prints help for %j, with an example', async (args: string[]) => {
    const help = (await linesOf([...args, '--help'])).join('\n');
    expect(help).toMatch(new RegExp(`Usage: ${['personguide', ...args].join(' ')} `));
    expect(help).toMatch(/^Example:\n {2}(.* )?personguide /m);
    expect(help).toMatch(/^Exit codes:\n {2}0 /m);
  });

  it('lists its commands when none is given', async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ {2}serve .*^ {2}demo .*^ {2}user /ms);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(
      await readFile(join(__dirname, '../../package.json'), 'utf8'),
    ) as { version: string };
    expect(await linesOf(['--version'])).toEqual([version]);
  });

  it('does not load the server for a call', async () => {
    const probe = folder.file('probe.cjs');
    await writeFile(
      probe,
      `process.on('exit', () => console.log(Object.keys(require.cache).join('\\n')));`,
    );
    const { stdout } = await endOf(start(['health'], ['--require', probe]));
    expect(stdout).toMatch(/src.cli.health\.js/);
    expect(stdout).not.toMatch(/dist.src.(server|store|service|rpc)\W|sqlite|pino/);
  });
});

/** A port that accepts connections and never responds. */
async function silentPort() {
  // Without reading, the end of the connection would not be noticed.
  const listener = createServer((socket) => socket.on('error', () => undefined).resume());
  const connected = once(listener, 'connection');
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const close = async () => {
    listener.close();
    await once(listener, 'close');
  };
  return { address, connected, close };
}

it('says what to do when it has not been built', () => {
  const file = folder.file('scripts/personguide.cjs');
  cpSync(join(__dirname, '../../scripts/personguide.cjs'), file);
  const { status, stderr } = spawnSync(file, ['phone', '1'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toBe('personguide: not built yet; run npm start, or npm run build\n');
});
