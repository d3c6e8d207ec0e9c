import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PROGRAM } from '../test-support/program.js';

/** Without the care that this is about, one server in eight never exits. */
const SERVERS = 16;

it('stops on SIGTERM with exit code 0, also when the reader of its output is gone', async () => {
  const exits = await Promise.all(Array.from({ length: SERVERS }, exitWithoutReader));
  expect(exits).toEqual(Array.from({ length: SERVERS }, () => [0, null]));
});

/** Resolves with the exit code and the signal of a server that is stopped. */
async function exitWithoutReader(): Promise<unknown> {
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
  return once(server, 'exit');
}
