import { add, person, record } from '../contract/store-messages.js';
import { openStore } from '../store/open.js';
import {
  createSchema,
  postgresServer,
  queryPostgres,
  type PostgresSchema,
  type PostgresServer,
} from '../test-support/postgres.js';
import { runProgram } from '../test-support/program.js';
import { runOnTerminal } from '../test-support/terminal.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';

jest.setTimeout(60_000);

let server: PostgresServer;
let schema: PostgresSchema;
let folder: Folder;

beforeAll(async () => {
  server = await postgresServer();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  schema = await createSchema(server);
  folder = temporaryFolder();
});

afterEach(async () => {
  await schema.remove();
  folder[Symbol.dispose]();
});

async function fill(url: string): Promise<void> {
  const store = await openStore(url);
  await record(store, ...Array.from({ length: 1200 }, (_, index) => person({ id: 2 * index + 1 })));
  await add(store, { email: 'ann@example.com' });
  await store.close();
}

describe('personguide copy', () => {
  it('copies a file to PostgreSQL and back, with the same digest', async () => {
    await fill(folder.file('people.db'));
    const there = await runProgram(['copy', folder.file('people.db'), schema.url]).exited;
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout).toMatch(
      /^copied and checked 1,200 people, 1 user and 0 results; SHA-256 [0-9a-f]{64}\n$/,
    );
    const back = await runProgram(['copy', schema.url, folder.file('copy.db')]).exited;
    expect(back).toEqual(there);
  });

  it('rejects a target that is not empty, and leaves it as it is', async () => {
    await fill(folder.file('people.db'));
    await fill(schema.url);
    const result = await runProgram(['copy', folder.file('people.db'), schema.url]).exited;
    expect(result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'personguide: the store already has people or users\n',
    });
  });

  it('rejects a source that does not exist, and creates nothing', async () => {
    const none = folder.file('none.db');
    const target = folder.file('copy.db');
    expect(await runProgram(['copy', none, target]).exited).toMatchObject({
      code: 1,
      stderr: `personguide: cannot open ${none}: there is no such file\n`,
    });
    expect(await runProgram(['copy', schema.url, target]).exited).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it has no tables of PersonGuide') as string,
    });
    const tables = 'select 1 from pg_tables where schemaname = current_schema()';
    expect(await queryPostgres(schema.url, tables)).toEqual([]);
  });
});

describe('personguide migrate', () => {
  it('creates the schema of a store, and does nothing the second time', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(await runProgram(['migrate', '--store', schema.url]).exited).toMatchObject({
        code: 0,
        stdout: `the schema of ${schema.url} is up to date\n`,
      });
    }
    expect(await queryPostgres(schema.url, 'select id from people')).toEqual([]);
  });

  it('does not print the password of a store that it cannot open', async () => {
    const url = 'postgres://ann:s3cret@127.0.0.1:1/people';
    const { code, stdout, stderr } = await runProgram(['migrate', '--store', url]).exited;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^personguide: cannot open postgres:\/\/ann:\*\*\*@127.0.0.1:1\/people: /,
    );
  });
});

describe('personguide serve', () => {
  it('prints the URL of its store without the password', async () => {
    const url = schema.url.replace('postgres@', 'postgres:s3cret@');
    // It prints the URL only on a terminal.
    await using program = runOnTerminal(['serve', '--store', url, '--listen', '127.0.0.1:0']);
    await program.line(({ msg }) => msg === 'listening');
    program.interrupt();
    const { stdout } = await program.exited;
    expect(stdout).toContain('postgres://postgres:***@');
    expect(stdout).not.toContain('s3cret');
  });
});
