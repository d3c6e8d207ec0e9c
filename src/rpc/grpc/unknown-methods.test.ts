import { once } from 'node:events';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { serve, type Served } from './serve.test.support.js';

let served: Served;
let client: Client;

beforeEach(async () => {
  served = await serve({});
  client = new Client(served.address, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await served.close();
});

const asIs = (value: Buffer): Buffer => value;

function call(path: string): Promise<ServiceError | null> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from([10, 1, 65]), (error) => {
      resolve(error);
    });
  });
}

it('refuses a method that does not exist with UNIMPLEMENTED, and reports the call', async () => {
  const error = await call('/greeter.Greeter/SayGoodbye');
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  expect(error?.details).toBe('this server has no method /greeter.Greeter/SayGoodbye');
  const { ended } = served;
  expect(ended).toMatchObject([
    { method: '/greeter.Greeter/SayGoodbye', code: status.UNIMPLEMENTED, sent: 0 },
  ]);
  expect(error?.metadata.get('x-request-id')).toEqual([ended[0]?.requestId]);
});

it('refuses a streaming method that does not exist, and reports it once', async () => {
  const stream = client.makeBidiStreamRequest('/no.Such/Stream', asIs, asIs);
  stream.write(Buffer.from([]));
  const [error] = (await once(stream, 'error')) as [ServiceError];
  expect(error.code).toBe(status.UNIMPLEMENTED);
  expect(served.ended).toHaveLength(1);
});

it('does not repeat a method name of any length', async () => {
  const error = await call(`/greeter.Greeter/${'x'.repeat(5000)}`);
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  expect(error?.details.length).toBeLessThan(250);
});
