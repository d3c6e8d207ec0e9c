import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { text } from 'node:stream/consumers';
import { deferred } from '../test-support/deferred.js';
import { serveRouteGuide } from './web.test.support.js';

const FEATURE = '/routeguide.RouteGuide/GetFeature';
const LIST = '/routeguide.RouteGuide/ListFeatures';
const headers = { 'content-type': 'application/json' };

it('finishes calls of HTTP/1.1 and HTTP/2 when it stops, and closes their connections', async () => {
  const called = deferred();
  const proceed = deferred();
  let calls = 0;
  const guide = await serveRouteGuide(
    {
      getFeature: async () => {
        calls += 1;
        if (calls === 2) called.resolve();
        await proceed.promise;
        return { name: 'here', location: undefined };
      },
    },
    { shutdownGraceMs: 5000 },
  );
  const agent = new Agent({ keepAlive: true });
  const [host = '', port] = guide.address.split(':');
  const idle = httpRequest({ host, port, path: '/healthz', agent: new Agent({ keepAlive: true }) });
  idle.end();
  const [probe] = (await once(idle, 'response')) as [IncomingMessage];
  const idleClosed = once(probe.socket, 'close');
  await text(probe);

  const sent = httpRequest({ host, port, method: 'POST', path: FEATURE, headers, agent });
  sent.end('{}');
  const session = connectHttp2(`http://${guide.address}`);
  const stream = session.request({ ':method': 'POST', ':path': FEATURE, ...headers });
  stream.end('{}');
  await called.promise;
  const stopped = guide.stop();
  await idleClosed;
  proceed.resolve();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.headers.connection).toBe('close');
  expect(await text(response)).toBe('{"name":"here"}');
  expect(await text(stream)).toBe('{"name":"here"}');
  await stopped;
  await Promise.all([
    sent.destroyed || once(sent, 'close'),
    session.closed || once(session, 'close'),
  ]);
  agent.destroy();
});

it('ends streams with UNAVAILABLE after the grace period', async () => {
  const guide = await serveRouteGuide({
    listFeatures: async function* (_request, { signal }) {
      yield { name: 'first', location: undefined };
      await once(signal, 'abort');
    },
  });
  const [host = '', port] = guide.address.split(':');
  const sent = httpRequest({ host, port, method: 'POST', path: LIST, headers, agent: false });
  sent.end('{}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const [first] = (await once(response, 'data')) as [Buffer];
  expect(JSON.parse(first.toString())).toEqual({ name: 'first' });
  const rest = text(response);
  await guide.stop();
  expect(JSON.parse(await rest)).toEqual({
    error: { code: 'unavailable', message: 'the server is stopping' },
  });
});
