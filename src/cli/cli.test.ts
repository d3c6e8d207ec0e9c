import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  documentsOf,
  endOf,
  failureOf,
  fileOf,
  linesOf,
  run,
  start,
  testFolder,
  useServer,
} from './run-cli.test.support.js';

useServer();

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
    const [header, line] = await linesOf(['record', '-'], '{"name":"Ann"}');
    expect(header).toMatch(/^ID {2}NAME /);
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

  it('exits with 8 for a person that is larger than the server accepts', async () => {
    const email = 'x'.repeat(17 * 1024 * 1024);
    const [code, line] = await failureOf(['record', '-'], JSON.stringify({ name: 'Ann', email }));
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
    const [code, line] = await failureOf(['record', testFolder().file('none')]);
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
    expect(await linesOf(['list'])).toEqual([
      expect.stringMatching(/^ID /),
      expect.stringMatching(/^ 1 /),
      expect.stringMatching(/^ 2 /),
    ]);
  });

  it('route the recorded phones, otherwise those in the file', async () => {
    const strangers =
      '{"name":"Bob","phones":[{"number":"9","type":2},{"number":"8"}]}\n{"id":1}\n';
    expect(await documentsOf(['route', '-'], strangers)).toEqual([
      { number: '9', type: 'WORK' },
      { number: '8', type: 'MOBILE' },
      ...juan.phones,
    ]);
  });
});

describe('personguide user', () => {
  const add = ['user', 'add', '--first-name', 'John', '--last-name', 'Doe'];

  it('adds users, lists them by verification and finds them', async () => {
    const john = {
      firstName: 'John',
      lastName: 'Doe',
      id: 1,
      email: '',
      address: '',
      verified: false,
      etag: '1',
    };
    const jane = {
      firstName: 'John',
      lastName: 'Doe',
      id: 2,
      email: 'j@x.org',
      address: 'Here',
      verified: true,
      etag: '1',
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
    const phones = [home, { number: '4321', type: 'WORK' }, { number: '4312', type: 'MOBILE' }];
    expect(documents).toEqual([
      ...people,
      ...names.flatMap(() => phones),
      ...names.map(() => home),
      ...people,
    ]);
  });

  it('prints a heading for each call', async () => {
    const lines = await linesOf(['demo']);
    const headings = lines.filter((line) => /^[A-Z]\w+: /.test(line));
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

  it.each([
    [['phone', '1'], ''],
    [['user', 'list'], ''],
    [['list'], '; 0 people listed, and there may be more'],
    [['route', '-'], '; 0 phones shown, and there may be more'],
    [['record', '-'], '; nothing was recorded'],
  ])('exits %j with 130 at Ctrl+C, and reports what was not done', async (args, report) => {
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
      stderr: `personguide: interrupted${report}\n`,
    });
    await close();
  });
});

describe('personguide', () => {
  it('prints nothing but documents with --json', async () => {
    await linesOf(['record', '-'], BOTH);
    for (const args of [['list'], ['route', '-'], ['record', '-']]) {
      expect(await documentsOf(args, BOTH)).not.toEqual([]);
    }
  });

  it('ends with a line on standard error that counts', async () => {
    const lastLineOf = async (args: readonly string[]) => (await run(args, BOTH)).stderr;
    expect(await lastLineOf(['record', '-'])).toBe('2 people recorded\n');
    expect(await lastLineOf(['list', 'elsewhere'])).toBe('0 people\n');
    expect(await lastLineOf(['list', '--limit', '1'])).toBe('1 person\n');
    expect(await lastLineOf(['route', '-'])).toBe('1 phone shown\n');
    expect(await lastLineOf(['user', 'list'])).toBe('0 users\n');
  });

  it('shows no more than --limit', async () => {
    await linesOf(['record', '-'], '{"name":"Ann"}\n'.repeat(300));
    const ids = (await documentsOf(['list', '--limit', '3'])) as { id: number }[];
    expect(ids.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(await documentsOf(['list', '--limit', '1000'])).toHaveLength(300);
    for (const name of ['A', 'B']) await linesOf(['user', 'add', '--first-name', name]);
    expect(await documentsOf(['user', 'list', '--limit', '1'])).toMatchObject([{ id: 1 }]);
  });

  it('takes a timeout without a unit as seconds', async () => {
    const { address, close } = await silentPort();
    const [code, line] = await failureOf(['phone', '1', '--timeout', '0.3', '--address', address]);
    expect(code).toBe(7);
    expect(line).toMatch(/^GetPhone DEADLINE_EXCEEDED/);
    await close();
  });

  it('reads phone types in lower case', async () => {
    const person = '{"name":"Ann","phones":[{"number":"1","type":"work"}]}';
    expect(await documentsOf(['record', '-'], person)).toMatchObject([
      { phones: [{ number: '1', type: 'WORK' }] },
    ]);
  });

  it('warns of variables that it does not know', async () => {
    const { stderr, code } = await run(['health'], '', { PERSONGUIDE_TOKN: 'x' });
    expect(code).toBe(0);
    expect(stderr).toBe(
      'personguide: warning: the variable PERSONGUIDE_TOKN is not known; ' +
        'did you mean PERSONGUIDE_TOKEN?\n',
    );
  });

  it.each([
    [['help', 'user', 'add'], 'Usage: personguide user add '],
    [['help', 'list'], 'Usage: personguide list '],
    [['help', 'user'], 'Usage: personguide user '],
    [['help'], 'Usage: personguide '],
  ])('prints for %j the help of that command', async (args, usage) => {
    expect((await linesOf(args))[0]).toMatch(new RegExp(`^${usage}`));
  });

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
    [['list', '--timeout', '10x'], /--timeout .*such as 800ms, 10s or 1m/],
    [['list', '--timeout', '0'], /--timeout .*above zero/],
    [['list', '--timeout', '0s'], /--timeout .*above zero/],
    [['list', '--address', 'here'], /--address .*must be HOST:PORT/],
    [['list', '--tls-ca', '/nowhere.pem'], /nowhere\.pem/],
    [['user', 'add', '--email', 'j@x.org'], /needs --first-name or --last-name/],
    [['user', 'list', '--verified', '--unverified'], /cannot be used with/],
    [['user', 'lst'], /unknown command 'lst'/],
    [['help', 'phne'], /unknown command 'phne' \(Did you mean phone\?\)/],
    [['list', '--limit', '0'], /--limit .*above zero/],
    [['record', '--skip', '-1', 'x'], /--skip .*whole number/],
    [['list', '--tls-cert', 'c.pem'], /--tls-cert needs --tls-key/],
    [['list', '--tls-key', 'c.pem'], /--tls-key needs --tls-cert/],
    [['completion', 'powershell'], /Allowed choices are bash, zsh, fish/],
  ])('exits with 2 for %j', async (args, pattern) => {
    const [code, line] = await failureOf(args);
    expect(code).toBe(2);
    expect(line).toMatch(pattern);
  });

  it.each([
    [[]],
    ...['demo', 'phone', 'list', 'record', 'route', 'health'].map((name) => [[name]]),
    ...['get', 'add', 'edit', 'rm', 'undelete', 'search', 'watch'].map((name) => [[name]]),
    ...['import', 'export'].map((name) => [[name]]),
    ...['add', 'list', 'find', 'edit', 'rm'].map((name) => [['user', name]]),
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
    const probe = testFolder().file('probe.cjs');
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
  const file = testFolder().file('scripts/personguide.cjs');
  cpSync(join(__dirname, '../../scripts/personguide.cjs'), file);
  const { status, stderr } = spawnSync(file, ['phone', '1'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toBe('personguide: not built yet; run npm start, or npm run build\n');
});
