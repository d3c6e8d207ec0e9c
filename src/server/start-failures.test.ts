import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { closeDatabase, openDatabase } from '../store/sqlite/database.js';
import { runProgram, startServerProcess } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';

const free = ['--listen', '127.0.0.1:0'];
const inMemory = ['--store', ':memory:'];

/** Runs a server that must fail, and gives the one line that it leaves on standard error. */
async function refusal(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using server = runProgram(['serve', ...args], variables);
  const { code, signal, stderr } = await server.exited;
  expect(signal).toBeNull();
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(/^personguide: .+\n$/);
  expect(stderr).not.toMatch(/unexpected|internal|Error:|\bat .*:\d+/);
  return stderr;
}

it('reports that a port is in use, with its address', async () => {
  using folder = temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const store = folder.file('people.db');
  const line = await refusal([...free, '--listen', address, '--store', store]);
  expect(line).toContain(address);
  expect(line).toContain('in use');
  expect(existsSync(store)).toBe(false);
  taken.close();
  // Nothing of the failed start is in the way of the next.
  await using next = await startServerProcess(['--store', store]);
  expect(next.addresses).toHaveLength(1);
});

it('refuses a default country that does not exist', async () => {
  const line = await refusal([...free, ...inMemory, '--default-country', 'XX']);
  expect(line).toContain('"XX" is not the code of a country');
});

it.each([
  ['in a folder that is not there', (folder: Folder) => folder.file('no/such/people.db')],
  [
    'where a folder is',
    (folder: Folder) => {
      mkdirSync(folder.file('people.db'));
      return folder.file('people.db');
    },
  ],
  [
    'in a file that is no database',
    (folder: Folder) => {
      writeFileSync(folder.file('people.db'), 'just some text, and more of it\n'.repeat(100));
      return folder.file('people.db');
    },
  ],
])('refuses a store %s, and leaves it as it was', async (_, prepare) => {
  using folder = temporaryFolder();
  const file = prepare(folder);
  const before = contentOf(file);
  expect(await refusal([...free, '--store', file])).toContain(file);
  expect(contentOf(file)).toEqual(before);
});

it('refuses a store that is damaged', async () => {
  using folder = temporaryFolder();
  const file = folder.file('people.db');
  {
    await using server = await startServerProcess(['--store', file, '--demo']);
    await server.kill('SIGTERM');
  }
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 100);
  writeFileSync(file, bytes);
  expect(await refusal([...free, '--store', file])).toContain(file);
});

it('refuses a store of a newer program, and names both versions', async () => {
  using folder = temporaryFolder();
  const file = folder.file('people.db');
  const database = await openDatabase(file);
  database.exec('pragma user_version = 999');
  closeDatabase(database);
  const line = await refusal([...free, '--store', file]);
  expect(line).toContain(file);
  expect(line).toContain('999');
});

it('refuses a store that another server has open, which goes on', async () => {
  using folder = temporaryFolder();
  const store = ['--store', folder.file('people.db')];
  await using first = await startServerProcess(store);
  expect(await refusal([...free, ...store])).toContain('another process');
  expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
  await using second = await startServerProcess(store);
  expect(second.addresses).toHaveLength(1);
});

it.each([
  ['an unknown flag', ['--colour', 'red'], '--colour'],
  ['an unknown log level', ['--log-level', 'loud'], '--log-level'],
  ['a duration without a unit', ['--shutdown-grace', '10'], '--shutdown-grace'],
  ['an address without a port', ['--listen', 'localhost'], '--listen'],
  ['an empty store', ['--store', ''], '--store'],
  ['a surplus argument', ['people.db'], 'argument'],
])('names the flag for %s', async (_, args, named) => {
  expect(await refusal(args)).toContain(named);
});

it.each([
  ['PERSONGUIDE_LISTEN', '127.0.0.1:99999'],
  ['PERSONGUIDE_DEMO', 'perhaps'],
  ['PERSONGUIDE_SHUTDOWN_GRACE', '-1s'],
])('names the variable %s when it is wrong', async (variable, text) => {
  const line = await refusal(inMemory, { [variable]: text });
  expect(line).toContain(variable);
  expect(line).toContain(text);
});

it('names a certificate that is not there, and one that is none', async () => {
  using folder = temporaryFolder();
  const [absent, wrong] = [folder.file('absent.pem'), folder.file('wrong.pem')];
  writeFileSync(wrong, 'no certificate');
  const start = [...free, ...inMemory];
  const tls = (cert: string) => ['--tls-cert', cert, '--tls-key', wrong];
  expect(await refusal([...start, ...tls(absent)])).toContain(absent);
  expect(await refusal([...start, ...tls(wrong)])).toContain(wrong);
  expect(await refusal([...start, '--tls-cert', wrong])).toContain('--tls-key');
});

it('refuses an address beyond loopback without TLS, unless --insecure says so', async () => {
  using folder = temporaryFolder();
  const open = ['--listen', '0.0.0.0:0'];
  const store = folder.file('people.db');
  const line = await refusal([...open, '--store', store]);
  expect(line).toContain('0.0.0.0:0');
  expect(line).toContain('--insecure');
  expect(existsSync(store)).toBe(false);
  await using server = await startServerProcess([...open, ...inMemory, '--insecure']);
  expect(await server.line(({ level }) => level === 'warn')).toMatchObject({
    addresses: ['0.0.0.0:0'],
    msg: expect.stringMatching(/^--insecure: everyone who can reach .* plain text$/) as string,
  });
  expect(server.addresses).toEqual([expect.stringMatching(/^0\.0\.0\.0:[1-9]\d*$/)]);
});

it('takes its settings from variables, and flags before them', async () => {
  using folder = temporaryFolder();
  await using server = await startServerProcess(['--listen', '127.0.0.1:0'], {
    PERSONGUIDE_STORE: folder.file('people.db'),
    PERSONGUIDE_LISTEN: '127.0.0.1:1',
    PERSONGUIDE_LOG_LEVEL: 'debug',
  });
  expect(server.address).not.toBe('127.0.0.1:1');
  expect(existsSync(folder.file('people.db'))).toBe(true);
});

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
