import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PROGRAM } from '../test-support/program.js';

it('stops on SIGTERM with exit code 0, also when the reader of its output is gone', async () => {
  const args = ['serve', '--store', ':memory:', '--listen', '127.0.0.1:0'];
  const server = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  // Leaving the loop closes the pipe.
  for await (const chunk of server.stdout) {
    log += String(chunk);
    if (log.includes('"msg":"listening"')) break;
  }
  server.stderr.destroy();
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});
