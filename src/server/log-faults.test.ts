import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect } from '../index.js';
import { watchChild, type Child } from '../test-support/child.js';
import { freePort } from '../test-support/free-port.js';
import { PROGRAM } from '../test-support/program.js';

/** Their lines are many times what a pipe holds. */
const CALLS = 2_000;

/** Starts a server on a port of its own, with that as its standard output. */
async function startWithOutput(stdout: number | 'pipe'): Promise<Child & { address: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['serve', '--store', ':memory:', '--listen', address];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', stdout, 'inherit'],
  });
  // Nothing reads a pipe: watchChild would.
  const { stdout: pipe } = child;
  pipe?.pause();
  return Object.assign(watchChild(Object.assign(child, { stdout: null })), { address });
}

it('serves, and stops on SIGTERM, while the disk of its log is full', async () => {
  const full = openSync('/dev/full', 'w');
  await using server = await startWithOutput(full);
  closeSync(full);
  await using client = connect(server.address);
  await client.waitForReady();
  await client.users.addUser({ firstName: 'Ann' });
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
});

it('serves, and stops in time, while nothing reads its log', async () => {
  await using server = await startWithOutput('pipe');
  await using client = connect(server.address);
  await client.waitForReady();
  for (let done = 0; done < CALLS; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => client.users.getUser({})));
  }
  client.close();
  const start = performance.now();
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
  expect(performance.now() - start).toBeLessThan(5000);
});
