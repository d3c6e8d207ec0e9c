import { openChannel } from 'personguide';
import { GreeterDefinition } from 'personguide/gen/greeter/greeter';
import { GreeterDefinition as HelloworldDefinition } from 'personguide/gen/helloworld/helloworld';
import type { RunningServer } from 'personguide/server';
import { callUnary, publicClient } from '../../test-support/public-client.js';
import { startWithLog } from '../serve.js';
import { greeterServices } from './greeter.js';

const publicProto = (name: string) => `
  syntax = "proto3";
  package ${name};
  service Greeter {
    rpc SayHello (HelloRequest) returns (HelloReply) {}
    rpc SayHelloAgain (HelloRequest) returns (HelloReply) {}
  }
  message HelloRequest { string name = 1; }
  message HelloReply { string message = 1; }`;

describe('the greeter', () => {
  let server: RunningServer;
  let address = '';
  beforeAll(async () => {
    const listen = ['127.0.0.1:0'];
    server = await startWithLog({ listen, services: greeterServices(), logLevel: 'silent' });
    [address = ''] = server.addresses;
  });
  afterAll(() => server.stop());

  it.each(['greeter', 'helloworld'])('serves clients of the public contract %s', async (name) => {
    const client = publicClient(publicProto(name), `${name}.Greeter`, address);
    const request = { name: 'wörld' };
    expect(await callUnary(client, 'SayHello', request)).toEqual({ message: 'Hello, wörld!' });
    expect(await callUnary(client, 'SayHelloAgain', request)).toEqual({
      message: 'Hello again, wörld!',
    });
    client.close();
  });

  it('streams ten numbered greetings, as the server of the public example does', async () => {
    const channel = openChannel(address);
    const greeter = channel.client(HelloworldDefinition);
    const messages: string[] = [];
    for await (const { message } of greeter.sayHelloStreamReply({ name: 'wörld' })) {
      messages.push(message);
    }
    expect(messages).toEqual(
      Array.from({ length: 10 }, (_, number) => `Hello number ${number}, wörld!`),
    );
    await expect(
      greeter
        .sayHelloStreamReply({ name: 'x'.repeat(201) })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      violations: [{ field: 'name', description: 'must have at most 200 characters' }],
    });
    channel.close();
  });

  it('rejects a name of more than 200 characters', async () => {
    const channel = openChannel(address);
    const greeter = channel.client(GreeterDefinition);
    await expect(greeter.sayHello({ name: 'x'.repeat(200) })).resolves.toBeDefined();
    await expect(greeter.sayHello({ name: 'x'.repeat(201) })).rejects.toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      violations: [{ field: 'name', description: 'must have at most 200 characters' }],
    });
    channel.close();
  });
});
