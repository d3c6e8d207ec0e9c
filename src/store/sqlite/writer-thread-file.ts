import { join } from 'node:path';

/** The compiled writer-thread.ts. In a file of its own, since tests run uncompiled sources. */
export const WRITER_THREAD_FILE = join(__dirname, 'writer-thread.js');
