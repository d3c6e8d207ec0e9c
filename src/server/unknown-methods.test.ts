import { once } from 'node:events';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { createRpc } from '../rpc/index.js';
import type { EndedCall } from '../rpc/index.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { bind } from './listen.js';
import { refuseUnknownMethods } from './unknown-methods.js';

const ended: EndedCall[] = [];
const server = new Server();
let client: Client;

beforeAll(async () => {
  refuseUnknownMethods(server, createRpc({ onEnd: (call) => ended.push(call) }));
  const address = await bind(server, '127.0.0.1:0', ServerCredentials.createInsecure());
  client = new Client(address, credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

beforeEach(() => {
  ended.length = 0;
});

const bytes = (value: Buffer) => value;

function call(path: string): Promise<ServiceError | null> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from([10, 1, 65]), (error) => {
      resolve(error);
    });
  });
}

it('refuses a method that is not there with UNIMPLEMENTED, and tells the log of it', async () => {
  const error = await call('/greeter.Greeter/SayGoodbye');
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  expect(error?.details).toBe('this server has no method /greeter.Greeter/SayGoodbye');
  expect(ended).toMatchObject([
    { method: '/greeter.Greeter/SayGoodbye', code: status.UNIMPLEMENTED, sent: 0 },
  ]);
  expect(error?.metadata.get('x-request-id')).toEqual([ended[0]?.requestId]);
});

it('refuses a streaming method that is not there once, too', async () => {
  const stream = client.makeBidiStreamRequest('/no.Such/Stream', bytes, bytes);
  stream.write(Buffer.from([]));
  const [error] = (await once(stream, 'error')) as [ServiceError];
  expect(error.code).toBe(status.UNIMPLEMENTED);
  expect(ended).toHaveLength(1);
});

it('does not repeat a method name of any length', async () => {
  const error = await call(`/greeter.Greeter/${'x'.repeat(5000)}`);
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  expect(error?.details.length).toBeLessThan(250);
});
