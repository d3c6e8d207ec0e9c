import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PROGRAM } from '../test-support/program.js';

it('stops on SIGTERM with exit code 0, also when the reader of its output is gone', async () => {
  const args = ['serve', '--store', ':memory:', '--listen', '127.0.0.1:0'];
  const server = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // The banner comes last.
  await once(server.stderr, 'data');
  server.stdout.destroy();
  server.stderr.destroy();
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});
