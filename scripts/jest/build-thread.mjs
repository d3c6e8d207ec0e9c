import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWriterThread } from '../build-writer-thread.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where src/test-support/writer-thread-file.ts finds it. */
const OUTFILE = join(ROOT, 'node_modules/.cache/personguide/writer-thread.js');

/** Runs before all suites: a thread runs JavaScript, and most suites do not need dist/. */
export default function buildThread() {
  mkdirSync(dirname(OUTFILE), { recursive: true });
  buildWriterThread(ROOT, OUTFILE);
}
