// `npm run dev`: the demo server, compiled and started again after each change of a source that has
// no type errors. Arguments go to `personguide serve`: `npm run dev -- --log-level debug`.
import { spawn } from 'node:child_process';
import { build } from './build.mjs';

const tsc = ['node_modules/typescript/bin/tsc', '--watch', '--preserveWatchOutput'];
const program = ['--watch', '--watch-preserve-output', '--enable-source-maps', 'dist/src/main.js'];
// Open streams would hold up each restart for the ten seconds of the default.
const settings = ['serve', '--demo', '--shutdown-grace', '100ms', ...process.argv.slice(2)];

try {
  await build();
} catch {
  // The watching compiler prints the same errors, and goes on once they are repaired.
}
const children = [tsc, [...program, ...settings]].map((args) =>
  spawn(process.execPath, args, { stdio: 'inherit' }),
);
const stop = () => children.forEach((child) => child.kill());
for (const child of children) child.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
