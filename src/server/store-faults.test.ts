import { spawnSync } from 'node:child_process';
import {
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health.js';
import { connect, type Directory } from '../index.js';
import type { LogLine } from '../test-support/child.js';
import { watchHealth, type HealthWatcher } from '../test-support/health-watcher.js';
import { all, failure, type Failure } from '../test-support/outcome.js';
import { isCall, startServerProcess } from '../test-support/program.js';
import { canMount, startOnSmallDisk } from '../test-support/small-disk.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { startDirectory, type RunningDirectory } from './run.js';

const { SERVING, NOT_SERVING } = ServingStatus;

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

/** The log has levels as pino's numbers, or as words. */
const ERROR_LEVELS: unknown[] = [50, 'error'];

function connectTo({
  addresses,
}: {
  readonly addresses: readonly string[];
}): Directory & Disposable {
  const directory = connect(addresses, { retry: false });
  return Object.assign(directory, {
    [Symbol.dispose]: () => {
      directory.close();
    },
  });
}

function addUser({ users }: Directory, address = ''): Promise<unknown> {
  return users.addUser({ firstName: 'Ann', address });
}

/** Adds users until that fails. */
async function addUsersUntilFailure(directory: Directory): Promise<Failure> {
  const addForever = async (): Promise<never> => {
    for (;;) await addUser(directory);
  };
  return failure(addForever());
}

async function expectNotServing(health: HealthWatcher): Promise<void> {
  const [status, tookMs] = await health.next();
  expect(status).toBe(NOT_SERVING);
  expect(tookMs).toBeLessThan(2000);
}

async function expectServingAgain(health: HealthWatcher): Promise<void> {
  const [status, tookMs] = await health.next();
  expect(status).toBe(SERVING);
  expect(tookMs).toBeLessThan(3000);
}

function textOf(line: LogLine): string {
  return (line['err'] as { message: string }).message;
}

describe('A store that cannot be written', () => {
  const onSmallDisk = canMount() ? it : it.skip;

  onSmallDisk(
    'because its disk is full turns health NOT_SERVING and is logged as an error, until there is space',
    async () => {
      await using server = await startOnSmallDisk('4m');
      using directory = connectTo(server);
      await using health = watchHealth(server);
      expect((await health.next())[0]).toBe(SERVING);
      server.fill(200_000);

      expect(await addUsersUntilFailure(directory)).toMatchObject({
        codeName: 'RESOURCE_EXHAUSTED',
        reason: 'STORE_FULL',
        details: 'the disk of the store is full',
      });
      await expectNotServing(health);
      const call = await server.line(isCall('AddUser', 'RESOURCE_EXHAUSTED'));
      expect(ERROR_LEVELS).toContain(call['level']);
      expect(textOf(call)).toContain(`${server.store}: the disk is full`);
      const change = await server.line(({ msg }) => msg === 'cannot serve calls');
      expect(ERROR_LEVELS).toContain(change['level']);
      expect(textOf(change)).toContain(`${server.store}: the disk is full`);

      server.empty();
      await expectServingAgain(health);
      await addUser(directory);
      expect((await server.kill('SIGTERM')).code).toBe(0);
    },
  );

  it('because of a file size limit turns health NOT_SERVING, until the limit is lifted', async () => {
    using folder = temporaryFolder();
    const store = folder.file('people.db');
    await using server = await startServerProcess(['--store', store]);
    using directory = connectTo(server);
    await using health = watchHealth(server);
    expect((await health.next())[0]).toBe(SERVING);
    const limit = (bytes: string): void => {
      const { status } = spawnSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:`]);
      expect(status).toBe(0);
    };
    limit('200000');

    expect(await addUsersUntilFailure(directory)).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_IO_ERROR',
      details: 'the disk of the store failed',
    });
    await expectNotServing(health);
    const call = await server.line(isCall('AddUser', 'UNAVAILABLE'));
    expect(ERROR_LEVELS).toContain(call['level']);
    expect(textOf(call)).toContain(`${store}: the disk failed, or a quota or a file size limit`);

    limit('unlimited');
    await expectServingAgain(health);
    await addUser(directory);
  });
});

describe('A store whose file changes under the server', () => {
  let folder: Folder;
  let file: string;
  let server: RunningDirectory;
  let directory: Directory;
  let health: HealthWatcher;

  async function start(): Promise<void> {
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: file,
      logLevel: 'silent',
      shutdownGraceMs: 0,
    });
    directory = connectTo(server);
    health = watchHealth(server);
    expect((await health.next())[0]).toBe(SERVING);
  }

  async function stop(): Promise<void> {
    await health[Symbol.asyncDispose]();
    directory.close();
    await server.stop();
  }

  beforeEach(async () => {
    folder = temporaryFolder();
    file = folder.file('people.db');
    await start();
  });

  afterEach(async () => {
    // Already stopped, unless an expectation failed.
    await stop().catch(() => undefined);
    folder[Symbol.dispose]();
  });

  it.each([
    [
      'is deleted',
      () => {
        rmSync(file);
      },
    ],
    [
      'is moved',
      () => {
        renameSync(file, `${file}.old`);
      },
    ],
    [
      'is replaced',
      () => {
        writeFileSync(`${file}.new`, '');
        renameSync(`${file}.new`, file);
      },
    ],
  ])('acknowledges no write once it %s, and turns health NOT_SERVING', async (_, change) => {
    await addUser(directory);
    change();
    expect(await failure(addUser(directory))).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_FILE_GONE',
      details: 'the file of the store was deleted or replaced while it was open',
    });
    await expectNotServing(health);
    // What was acknowledged can still be read, and nothing else.
    expect((await directory.users.getUser({})).users).toHaveLength(1);
    await expect(stop()).rejects.toMatchObject({
      code: 'STORE_FILE_GONE',
      message: `cannot close ${file} properly: the file was deleted or replaced while it was open`,
    });
  });

  it('turns health NOT_SERVING without any call when it is deleted', async () => {
    rmSync(file);
    await expectNotServing(health);
    await expect(stop()).rejects.toMatchObject({ code: 'STORE_FILE_GONE' });
  });

  it('serves again when it is moved back', async () => {
    renameSync(file, `${file}.old`);
    await expectNotServing(health);
    renameSync(`${file}.old`, file);
    await expectServingAgain(health);
    await addUser(directory);
    await stop();
  });

  it('loses nothing at a graceful stop when only its -wal file was deleted', async () => {
    await addUser(directory);
    rmSync(`${file}-wal`);
    expect(await failure(addUser(directory))).toMatchObject({ reason: 'STORE_FILE_GONE' });
    await expectNotServing(health);
    await stop();
    await start();
    expect((await directory.users.getUser({})).users.length).toBeGreaterThanOrEqual(1);
    await stop();
  });

  it.each([
    ['it', () => file],
    ['its -wal file', () => `${file}-wal`],
  ])('acknowledges no write once %s is truncated to nothing', async (_, path) => {
    await addUser(directory);
    truncateSync(path());
    expect(await failure(addUser(directory))).toMatchObject({ reason: 'STORE_DAMAGED' });
    await expectNotServing(health);
    expect(await failure(addUser(directory))).toMatchObject({ reason: 'STORE_DAMAGED' });
    await stop().catch(() => undefined);
    // Nor is it opened as a store in which nothing is missing.
    await expect(start()).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('turns health NOT_SERVING without any call when it is cut off', async () => {
    truncateSync(file, statSync(file).size / 2);
    await expectNotServing(health);
    expect(await failure(addUser(directory))).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_DAMAGED',
      details: 'the store is damaged',
    });
  });

  it('turns health NOT_SERVING for good once a call has found damage', async () => {
    await directory.people.recordPersons(
      Array.from({ length: 2000 }, (_, index) => ({
        name: 'long '.repeat(40),
        email: `p${index}@x.org`,
      })),
    );
    await stop();
    await start();
    damage(file);
    expect(await failure(all(directory.people.listPersons({})))).toMatchObject({
      codeName: 'UNAVAILABLE',
      reason: 'STORE_DAMAGED',
    });
    await expectNotServing(health);
    await expect(server.store.check()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await expect(server.store.check()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });
});

/** Damages a few pages, which a random read hardly ever meets. */
function damage(file: string): void {
  const pageBytes = 4096;
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(3 * pageBytes, 0xff), 0, 3 * pageBytes, 60 * pageBytes);
  closeSync(descriptor);
}
