import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { watchChild, type Child } from './child.js';

const ROOT = join(__dirname, '../..');

/** Bundles a program that writes to a store into a file that startStoreWriter runs. */
export function bundleStoreWriter(outfile: string, source = 'src/contract/store-writer.ts'): void {
  bundle(source, outfile);
  bundle('src/store/sqlite/writer-thread.ts', join(dirname(outfile), 'writer-thread.js'));
}

function bundle(source: string, outfile: string): void {
  buildSync({
    entryPoints: [join(ROOT, source)],
    outfile,
    bundle: true,
    platform: 'node',
    packages: 'external',
  });
}

/** Starts a process that writes to a store; `wrapper` is a command that runs it. */
export function startStoreWriter(
  bundle: string,
  storeUrl: string,
  wrapper: readonly string[] = [],
): Child {
  const [program = '', ...rest]: string[] = [...wrapper, process.execPath, bundle, storeUrl];
  return watchChild(
    spawn(program, rest, {
      env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
}
