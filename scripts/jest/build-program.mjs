import { build, firstChange } from '../build.mjs';
import buildWriterThread from './build-writer-thread.mjs';

/** Runs before the first suite that starts the built program, so that it tests these sources. */
export default async function buildProgram() {
  if (firstChange() !== undefined) await build();
  buildWriterThread();
}
