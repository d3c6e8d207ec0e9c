import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from '../index.js';
import type { Exit } from '../test-support/child.js';
import { runProgram, startServerProcess, type ServerProcess } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';

// Programs are started, and commits wait for the disk.
jest.setTimeout(60_000);

describe('personguide backup and restore', () => {
  let folder: Folder;
  let server: ServerProcess;

  beforeEach(async () => {
    folder = temporaryFolder();
    server = await startServerProcess(['--demo', '--store', folder.file('people.db')]);
  });

  afterEach(async () => {
    await server.kill('SIGKILL');
    folder[Symbol.dispose]();
  });

  function run(...args: string[]): Promise<Exit> {
    return runProgram(args).exited;
  }

  function backUp(...args: string[]): Promise<Exit> {
    return run('backup', ...args, '--address', server.address);
  }

  it('give a store with every user that was added before, while others are added', async () => {
    const directory = connect(server.address);
    let added = 0;
    let writing = true;
    const write = async (): Promise<void> => {
      while (writing) {
        await directory.users.addUser({ firstName: `user ${added}` });
        added += 1;
      }
    };
    const writes = write();
    while (added < 20) await directory.users.getUser({});
    const before = added;
    const { code, stdout } = await backUp(folder.file('b.db'));
    writing = false;
    await writes;
    directory.close();
    expect(code).toBe(0);
    expect(stdout).toMatch(/b\.db: 10 people and \d+ users, \d+ KiB; checked\n$/);

    const restored = await run('restore', folder.file('b.db'), '--store', folder.file('new.db'));
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    await using next = await startServerProcess(['--store', folder.file('new.db')]);
    const copy = connect(next.address);
    const { users } = await copy.users.getUser({});
    copy.close();
    const names = users.map(({ firstName }) => firstName).filter((name) => name.startsWith('user'));
    expect(names.length).toBeGreaterThanOrEqual(before);
    expect(names.length).toBeLessThan(added);
    expect(names).toEqual(names.map((_, index) => `user ${index}`));
    expect((await next.kill('SIGTERM')).code).toBe(0);
  });

  it('refuse files that exist, unless a backup is forced', async () => {
    writeFileSync(folder.file('b.db'), 'precious');
    const refused = await backUp(folder.file('b.db'));
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('b.db exists; name another file, or add --force');
    expect(readFileSync(folder.file('b.db'), 'utf8')).toBe('precious');

    const forced = await backUp(folder.file('b.db'), '--force', '--json');
    expect(forced).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(forced.stdout)).toEqual({
      file: folder.file('b.db'),
      people: 10,
      users: 0,
      bytes: statSync(folder.file('b.db')).size,
      schemaVersion: expect.any(Number) as number,
    });
    // It has names and phone numbers.
    expect(statSync(folder.file('b.db')).mode & 0o077).toBe(0);

    const restored = await run('restore', folder.file('b.db'), '--store', folder.file('people.db'));
    expect(restored).toMatchObject({ code: 5, stdout: '' });
    expect(restored.stderr).toContain('people.db exists; stop its server and move it away');
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('are not needed for a store without its -wal file if the loss is accepted', async () => {
    const store = folder.file('people.db');
    expect(await run('recover', '--store', store)).toMatchObject({ code: 1, stdout: '' });
    await server.kill('SIGKILL');
    rmSync(`${store}-wal`);
    const refused = await run('serve', '--listen', '127.0.0.1:0', '--store', store);
    expect(refused.code).toBe(1);
    const advice = `or accept the loss: personguide recover --store ${store}\n`;
    expect(refused.stderr).toContain(advice);
    const recovered = await run('recover', '--store', store);
    expect(recovered).toMatchObject({ code: 0, stderr: '' });
    expect(recovered.stdout).toMatch(/people\.db: \d+ people and 0 users, \d+ KiB; checked\n$/);
    await using next = await startServerProcess(['--store', store]);
    expect((await next.kill('SIGTERM')).code).toBe(0);
    const missing = await run('recover', '--store', folder.file('missing.db'));
    expect(missing.stderr).toContain('missing.db: it is not the path of a file');
  });

  it('leave nothing if the server cannot be reached', async () => {
    await server.kill('SIGTERM');
    const { code, stderr } = await backUp(folder.file('b.db'), '--timeout', '2s');
    expect(code).toBe(6);
    expect(stderr).toMatch(/^personguide: .*ECONNREFUSED.*\n$/);
    // And the stopped server has left one file.
    expect(readdirSync(folder.path)).toEqual(['people.db']);
  });

  it('leave nothing if the file cannot be written', async () => {
    const { code, stderr } = await backUp(folder.file('no/such/b.db'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^personguide: cannot write .*b\.db\.part: ENOENT.*\n$/);
  });
});
