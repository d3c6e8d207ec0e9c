import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { GreeterClient, type HelloReply } from '../../gen/greeter/greeter.js';
import { watchChild } from '../test-support/child.js';
import { answered, clientOf } from '../test-support/grpc-calls.js';
import { waitUntilListening, type ServerProcess } from '../test-support/program.js';

/** A service that is slow in one method, and whose other method fails outside of its promise. */
const PROGRAM = `
  const { GreeterDefinition } = require('./dist/gen/greeter/greeter.js');
  const { openLog, service, startServer } = require('./dist/src/server/index.js');
  if (process.argv[1] === 'own') process.on('uncaughtException', () => undefined);
  let finish;
  const slow = new Promise((resolve) => (finish = resolve));
  const fail = {
    thrown: () => setTimeout(() => { throw new Error('outside of every call'); }),
    own: () => setTimeout(() => { throw new Error('outside of every call'); }),
    rejected: () => { void Promise.reject(new Error('outside of every call')); },
  }[process.argv[1]];
  setInterval(() => undefined, 1000);
  void startServer({
    listen: ['127.0.0.1:0'],
    log: openLog('info'),
    shutdownGraceMs: 5000,
    services: [service(GreeterDefinition, {
      sayHello: async ({ name }) => { await slow; return { message: name }; },
      sayHelloAgain: ({ name }) => { fail(); setTimeout(finish, 300); return { message: name }; },
    })],
  });
`;

function start(how: string): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['-e', PROGRAM, '--', how], {
    cwd: resolve(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return waitUntilListening(watchChild(child));
}

async function failWithACallUnderWay(server: ServerProcess): Promise<HelloReply> {
  using greeter = clientOf(GreeterClient, server.address);
  const slow = answered<HelloReply>((callback) => greeter.sayHello({ name: 'Ann' }, callback));
  await answered<HelloReply>((callback) => greeter.sayHelloAgain({ name: 'Bob' }, callback));
  return await slow;
}

it.each(['thrown', 'rejected'])(
  'an error %s outside of every call is logged, calls finish, and the process exits with 1',
  async (how) => {
    await using server = await start(how);
    expect(await failWithACallUnderWay(server)).toEqual({ message: 'Ann' });
    expect(await server.exited).toMatchObject({ code: 1, signal: null });
    const line = await server.line(({ level }) => level === 'fatal');
    expect(line).toMatchObject({
      msg: 'an error was thrown outside of every call; the server stops',
      err: { message: 'outside of every call', stack: expect.any(String) as string },
    });
    await server.line(({ msg }) => msg === 'stopped');
  },
);

it('leaves the decision to a program that listens for such errors itself', async () => {
  await using server = await start('own');
  expect(await failWithACallUnderWay(server)).toEqual({ message: 'Ann' });
  using greeter = clientOf(GreeterClient, server.address);
  const reply = await answered<HelloReply>((callback) => greeter.sayHello({ name: 'C' }, callback));
  expect(reply).toEqual({ message: 'C' });
  expect(server.stdout).not.toContain('fatal');
});
