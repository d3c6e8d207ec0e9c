import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { hasLightStreamTable, lightenStreamTable } from './node-http2-internals.js';

it('replaces the stream table of a session, which serves its streams as before', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open: ServerHttp2Stream[] = [];
  let serverSession: Http2Session | undefined;
  server.on('stream', (stream, headers) => {
    serverSession = stream.session;
    // Each stream asks for it, as in a server; the first one finds itself in the table.
    if (stream.session !== undefined) lightenStreamTable(stream.session);
    stream.on('error', () => undefined);
    if (headers[':path'] === '/open') open.push(stream);
    else stream.end('done');
  });
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const kept = session.request({ ':path': '/open' }).on('error', () => undefined);
  const bodies = await Promise.all(
    Array.from({ length: 300 }, () => text(session.request({ ':path': '/' }))),
  );
  expect(new Set(bodies)).toEqual(new Set(['done']));
  expect(serverSession && hasLightStreamTable(serverSession)).toBe(true);
  // The stream that is still open is closed with its session, which needs the table for that.
  const closed = once(open[0] as ServerHttp2Stream, 'close');
  serverSession?.destroy();
  await closed;
  kept.destroy();
  session.destroy();
  server.close();
  await once(server, 'close');
});

it('changes nothing where Node has no such table', () => {
  const other = new EventEmitter() as Http2Session;
  lightenStreamTable(other);
  expect(hasLightStreamTable(other)).toBe(false);
});
