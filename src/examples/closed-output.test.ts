import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MAIN = resolve(__dirname, '../../dist/src/examples/main.js');

/** Starts a command of the examples; the end of the scope kills it. */
function runExample(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args]);
  return Object.assign(child, {
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  });
}

const within10s = () => ({ signal: AbortSignal.timeout(10_000) });

describe('a command whose output is not read any more', () => {
  it('serves until its input ends, and exits with code 0 together with its child processes', async () => {
    const serve = ['serve', '--listen', '127.0.0.1:0', '--store', ':memory:'];
    using orders = runExample('orders', ...serve, '--until-input-ends');
    // The addresses are printed once all three processes listen.
    await once(orders.stderr, 'data', within10s());
    orders.stdout.destroy();
    orders.stderr.destroy();
    const exited = once(orders, 'exit', within10s());
    orders.stdin.end();
    expect(await exited).toEqual([0, null]);
  }, 30_000);

  it('makes all calls of a demonstration, and exits with code 0', async () => {
    using greeter = runExample('greeter');
    const exited = once(greeter, 'exit', within10s());
    await once(greeter.stdout, 'data', within10s());
    greeter.stdout.destroy();
    expect(await exited).toEqual([0, null]);
  }, 30_000);
});
