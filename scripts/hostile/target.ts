import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Person } from '../../src/index.js';
import { freePort } from '../../src/test-support/free-port.js';
import { PROGRAM } from '../../src/test-support/program.js';
import { temporaryFolder, type Folder } from '../../src/test-support/temporary-folder.js';
import { samplePerson } from '../bench/sample-data.js';

/** A server under attack; its log is in a file. */
export interface Target extends AsyncDisposable {
  readonly address: string;
  readonly pid: number;
  /** Undefined while it runs. */
  readonly exitCode: () => number | null | undefined;
  readonly log: () => string;
  /** Sends SIGTERM; resolves with the exit code, or undefined if it still runs after that time. */
  stop(timeoutMs: number): Promise<number | null | undefined>;
}

const START_LIMIT_MS = 15_000;
const CARELESS_SERVICE = join(__dirname, 'careless-service.js');
const PLAIN_SERVER = join(__dirname, '../bench/peers/grpc-js.js');

/** The directory that is attacked. */
interface TargetOptions {
  /** People of the store; undefined: the demo's ten. */
  readonly people?: number | undefined;
  /** Default: a new file. */
  readonly store?: string;
  /** Flags of `serve`. */
  readonly args?: readonly string[];
}

function newStore(folder: Folder): string {
  return folder.file(`${process.hrtime.bigint()}.db`);
}

/** Starts the directory on a copy of a store with that many people; undefined: the demo's ten. */
export async function startTarget(
  folder: Folder,
  { people, store = newStore(folder), args = [] }: TargetOptions,
): Promise<Target> {
  if (people !== undefined) copyFileSync(await storeOf(people), store);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const demo = people === undefined ? ['--demo'] : [];
  const common = [PROGRAM, 'serve', '--listen', address, '--store', store];
  return start(address, [...common, ...demo, ...args], folder.file(`${port}.log`));
}

/** Starts a hand-written server on grpc-js with its people in a Map. */
export async function startPlainTarget(folder: Folder): Promise<Target> {
  const port = await freePort();
  return start(`127.0.0.1:${port}`, [PLAIN_SERVER, String(port)], folder.file(`${port}.log`));
}

/** Starts a service whose handlers are wrong. */
export async function startCarelessTarget(folder: Folder, how: string): Promise<Target> {
  const address = `127.0.0.1:${await freePort()}`;
  return start(address, [CARELESS_SERVICE, address, how], folder.file('careless.log'));
}

/** Starts the directory with its log in that file, which may be `/dev/full`, or in a pipe. */
export async function startTargetWithLog(folder: Folder, log: string): Promise<Target> {
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['serve', '--listen', address, '--store', newStore(folder), '--demo'];
  return start(address, [PROGRAM, ...args], log);
}

/** A log that is a pipe which nothing reads. */
export const UNREAD = 'unread';

async function start(address: string, args: readonly string[], logFile: string): Promise<Target> {
  const log = logFile === UNREAD ? 'pipe' : openSync(logFile, 'a');
  const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
  if (typeof log === 'number') closeSync(log);
  const target: Target = {
    address,
    pid: child.pid ?? 0,
    exitCode: () => (isRunning(child) ? undefined : child.exitCode),
    log: () => (logFile === UNREAD ? '' : readFileSync(logFile, 'utf8')),
    async stop(timeoutMs) {
      child.kill('SIGTERM');
      if (isRunning(child)) await Promise.race([once(child, 'exit'), wait(timeoutMs)]);
      return target.exitCode();
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (isRunning(child)) await once(child, 'exit');
    },
  };
  await untilServing(target);
  return target;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function untilServing(target: Target): Promise<void> {
  const endMs = Date.now() + START_LIMIT_MS;
  while (target.exitCode() === undefined && Date.now() < endMs) {
    if (await responds(target.address, 1000)) return;
    await wait(20);
  }
  throw new Error(`the server did not start: ${target.log().slice(-500)}`);
}

/** Whether a new client gets a response within that time. NOT_FOUND is one. */
export async function responds(address: string, timeoutMs: number): Promise<boolean> {
  await using directory = connect(address, { retry: false });
  return await directory.people.getPhone({ id: 1 }, { timeoutMs }).then(
    () => true,
    (error: unknown) =>
      ['NOT_FOUND', 'UNAUTHENTICATED', 'UNIMPLEMENTED'].includes(
        (error as { codeName: string }).codeName,
      ),
  );
}

const templates = temporaryFolder();
process.on('exit', () => {
  templates[Symbol.dispose]();
});

function* samplePeople(count: number): Generator<Person> {
  for (let id = 1; id <= count; id += 1) yield samplePerson(id);
}

/** A store with that many people, made once. */
async function storeOf(people: number): Promise<string> {
  const store = templates.file(`${people}.db`);
  if (existsSync(store)) return store;
  const address = `127.0.0.1:${await freePort()}`;
  await using server = await start(
    address,
    [PROGRAM, 'serve', '--listen', address, '--store', store, '--log-level', 'warn'],
    templates.file(`${people}.log`),
  );
  await using directory = connect(address, { timeoutMs: 600_000 });
  await directory.people.importPeople(samplePeople(people));
  if ((await server.stop(60_000)) !== 0) throw new Error(server.log().slice(-500));
  return store;
}
