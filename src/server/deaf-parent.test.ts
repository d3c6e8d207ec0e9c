import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const program = resolve(__dirname, '../../dist/src/main.js');

it('stops on SIGTERM with exit code 0, also when nobody reads its output any more', async () => {
  const args = ['serve', '--store', ':memory:', '--listen', '127.0.0.1:0'];
  const server = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // The banner comes last.
  await once(server.stderr, 'data');
  server.stdout.destroy();
  server.stderr.destroy();
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});
