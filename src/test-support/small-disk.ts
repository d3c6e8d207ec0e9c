import { spawn, spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { waitUntilListening, PROGRAM, type ServerProcess } from './program.js';
import { watchChild } from './child.js';
import { temporaryFolder } from './temporary-folder.js';

/** A server whose store has a disk of its own, in memory. */
export interface ServerOnSmallDisk extends ServerProcess {
  /** The path of its store, as the server sees it. */
  readonly store: string;
  /** Leaves that many bytes free. */
  fill(freeBytes: number): void;
  /** Undoes fill(). */
  empty(): void;
}

/**
 * Whether this machine lets programs mount a disk that only they see. Prints the reason if not: the
 * tests that need one do not run then.
 */
export function canMount(): boolean {
  const { status, stderr, error } = spawnSync('unshare', [...NAMESPACE, 'true'], {
    encoding: 'utf8',
  });
  if (status === 0) return true;
  console.warn(`no tests on a full disk: unshare: ${error?.message ?? stderr}`);
  return false;
}

const NAMESPACE = ['--map-root-user', '--mount'];
const MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"';

/** Starts a server whose store is on a disk of that size, such as `4m`. */
export async function startOnSmallDisk(size: string): Promise<ServerOnSmallDisk> {
  const folder = temporaryFolder();
  const store = folder.file('people.db');
  const serve = [process.execPath, PROGRAM, 'serve', '--listen', '127.0.0.1:0', '--store', store];
  const child = spawn(
    'unshare',
    [...NAMESPACE, 'sh', '-c', MOUNT, 'sh', size, folder.path, ...serve],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const server = await waitUntilListening(watchChild(child));
  void server.exited.then(() => {
    folder[Symbol.dispose]();
  });
  // unshare becomes sh, which becomes the server: all have the same process id.
  const disk = `/proc/${server.pid}/root${folder.path}`;
  const ballast = `${disk}/ballast`;
  return Object.assign(server, {
    store,
    fill: (freeBytes: number) => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - freeBytes));
    },
    empty: () => {
      rmSync(ballast);
    },
  });
}
