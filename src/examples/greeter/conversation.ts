import { openChannel, RpcError } from 'personguide';
import { GreeterDefinition } from 'personguide/gen/greeter/greeter';
import { startChild } from '../child-service.js';

/** The greeter with a method that the server does not have. */
const UnknownDefinition = {
  ...GreeterDefinition,
  methods: { sayGoodbye: { ...GreeterDefinition.methods.sayHello, name: 'SayGoodbye' } },
};

/** Starts a server, calls it, and prints its responses, its log and the errors of failed calls. */
export async function greeterConversation(print: (line: string) => void): Promise<void> {
  const log: string[] = [];
  await using server = await startChild('greeter', {
    args: ['--listen', '127.0.0.1:0'],
    onLine: (line) => log.push(line),
  });
  await using channel = openChannel(server.address, { retry: false });
  const greeter = channel.client(GreeterDefinition);

  print((await greeter.sayHello({ name: 'world' })).message);
  print((await greeter.sayHelloAgain({ name: 'world' })).message);

  print('A method that does not exist:');
  print(await failureOf(channel.client(UnknownDefinition).sayGoodbye({ name: 'world' })));

  await server.stop();
  print("The server's log:");
  for (const line of log) print(`  ${line}`);

  print('A server that is not running:');
  print(await failureOf(greeter.sayHello({ name: 'world' })));
}

async function failureOf(response: Promise<unknown>): Promise<string> {
  try {
    await response;
  } catch (error) {
    if (error instanceof RpcError) return error.message;
    throw error;
  }
  throw new Error('the call succeeded');
}
