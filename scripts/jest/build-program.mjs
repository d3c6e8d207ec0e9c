import { build, firstChange } from '../build.mjs';
import buildThread from './build-thread.mjs';

/** Runs before the first suite that starts the built program, so that it tests these sources. */
export default async function buildProgram() {
  if (firstChange() !== undefined) await build();
  buildThread();
}
