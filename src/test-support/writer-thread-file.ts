import { join } from 'node:path';

/** Replaces store/sqlite/writer-thread-file.ts in tests; scripts/jest/build-thread.mjs makes it. */
export const WRITER_THREAD_FILE = join(
  __dirname,
  '../../node_modules/.cache/personguide/writer-thread.js',
);
