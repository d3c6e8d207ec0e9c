import { openChannel, RpcError } from 'personguide';
import { GreeterDefinition } from 'personguide/gen/greeter/greeter';
import { startChild } from '../child-service.js';

/** A method that no greeter has. */
const UnknownDefinition = {
  ...GreeterDefinition,
  methods: { sayGoodbye: { ...GreeterDefinition.methods.sayHello, name: 'SayGoodbye' } },
};

/** Greets a server of its own, and shows what a client sees when things are not as it thinks. */
export async function greeterConversation(say: (line: string) => void): Promise<void> {
  const log: string[] = [];
  await using server = await startChild('greeter', {
    args: ['--listen', '127.0.0.1:0'],
    onLine: (line) => log.push(line),
  });
  await using channel = openChannel(server.address, { retry: false });
  const greeter = channel.client(GreeterDefinition);

  say((await greeter.sayHello({ name: 'world' })).message);
  say((await greeter.sayHelloAgain({ name: 'world' })).message);

  say('A method that does not exist:');
  say(await failureOf(channel.client(UnknownDefinition).sayGoodbye({ name: 'world' })));

  await server.stop();
  say("The server's log:");
  for (const line of log) say(`  ${line}`);

  say('A server that is not running:');
  say(await failureOf(greeter.sayHello({ name: 'world' })));
}

async function failureOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof RpcError) return error.message;
    throw error;
  }
  throw new Error('the call succeeded');
}
