import { buildSync } from 'esbuild';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where src/test-support/writer-thread-file.ts finds it. */
const OUTFILE = join(ROOT, 'node_modules/.cache/personguide/writer-thread.js');

/**
 * Runs before all suites: a thread runs JavaScript, and most suites do not need dist/. One small file,
 * because hundreds of threads are started.
 */
export default function buildWriterThread() {
  const part = `${OUTFILE}.${process.pid}`;
  buildSync({
    entryPoints: [join(ROOT, 'src/store/sqlite/writer-thread.ts')],
    outfile: part,
    bundle: true,
    platform: 'node',
    external: ['@photostructure/sqlite'],
    minify: true,
  });
  // A rename, because another run may be starting threads.
  renameSync(part, OUTFILE);
}
