import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { rawConnection } from '../../test-support/attacks/raw-connection.js';
import { clientOf } from './grpc-connection.js';

it('pauses a connection until it is destroyed, which may be long before it is closed', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const opened = once(server, 'session') as Promise<[ServerHttp2Session]>;
  using connection = await rawConnection(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [session] = await opened;
  const client = clientOf(session);
  client.pause()?.();
  session.destroy();
  expect(client.pause()).toBeUndefined();
  await connection.closed;
  server.close();
});
