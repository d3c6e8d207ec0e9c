import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { ErrorInfo, RetryInfo } from '../../../gen/google/rpc/error_details.js';
import { Status } from '../../../gen/google/rpc/status.js';
import { Feature } from '../../../gen/routeguide/route_guide.js';
import { Code } from '../code.js';
import { frame, serve } from './serve.test.support.js';

const GET_FEATURE = '/routeguide.RouteGuide/GetFeature';

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('refuses new calls while earlier ones wait too long, and takes them again afterwards', async () => {
  const served = await serve(
    {
      getFeature: () => {
        work(30);
        return Feature.create();
      },
    },
    [],
    { queueMs: 20 },
  );
  const session = connect(`http://${served.address}`);
  const call = async (path: string): Promise<IncomingHttpHeaders> => {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' };
    const stream = session.request(headers);
    stream.end(frame(Buffer.alloc(0)));
    stream.resume();
    let status: IncomingHttpHeaders = {};
    const note = (received: IncomingHttpHeaders): void => {
      status = { ...status, ...received };
    };
    stream.on('response', note).on('trailers', note);
    await once(stream, 'close');
    return status;
  };
  const first = call(GET_FEATURE);
  const others = Array.from({ length: 20 }, () => call(GET_FEATURE));
  expect((await first)['grpc-status']).toBe('0');

  // 20 calls of 30 ms are waiting.
  const refused = await call(GET_FEATURE);
  expect(refused['grpc-status']).toBe(String(Code.UNAVAILABLE));
  const encoded = String(refused['grpc-status-details-bin']);
  const { details } = Status.decode(Buffer.from(encoded, 'base64'));
  const [info = Buffer.alloc(0), retry = Buffer.alloc(0)] = details.map(({ value }) => value);
  expect(ErrorInfo.decode(info).reason).toBe('SERVER_OVERLOADED');
  expect(RetryInfo.decode(retry).retryDelay?.seconds.toNumber()).toBe(1);
  expect(served.refused[0]).toBe('the server is overloaded');
  // Health is never refused; this server has none.
  const health = await call('/grpc.health.v1.Health/Check');
  expect(health['grpc-status']).toBe(String(Code.UNIMPLEMENTED));

  for (const each of await Promise.all(others)) expect(each['grpc-status']).toBe('0');
  expect((await call(GET_FEATURE))['grpc-status']).toBe('0');
  session.destroy();
  await served.close();
});
