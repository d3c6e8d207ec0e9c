import { status } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../gen/grpc/health/v1/health.js';
import { answered, clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { startDirectory, type RunningDirectory } from './run.js';

let directory: RunningDirectory;
let client: HealthClient & Disposable;

beforeEach(async () => {
  const settings = { store: ':memory:', logLevel: 'silent', shutdownGraceMs: 0 } as const;
  directory = await startDirectory({ ...settings, listen: ['127.0.0.1:0'] });
  client = clientOf(HealthClient, directory.addresses[0] ?? '');
});

afterEach(async () => {
  client[Symbol.dispose]();
  await directory.stop();
});

const check = (service: string) => answered((callback) => client.check({ service }, callback));

it.each(['', 'personguide.PersonGuide', 'grpcUser.UserService', 'grpc.health.v1.Health'])(
  'reports that "%s" is serving',
  async (service) => {
    expect(await check(service)).toEqual({ status: ServingStatus.SERVING });
  },
);

it('does not know other services', async () => {
  for (const service of ['personguide', 'PersonGuide', 'personguide.PersonGuide/GetPhone']) {
    await expect(check(service)).rejects.toMatchObject({ code: status.NOT_FOUND });
  }
});

it('reports the status to a watcher immediately, and again when the server stops', async () => {
  const watch = client.watch({ service: 'personguide.PersonGuide' });
  const end = statusOf(watch);
  expect(await messageOf(watch)).toEqual({ status: ServingStatus.SERVING });
  const next = messageOf(watch);
  const stopped = directory.stop();
  expect(await next).toEqual({ status: ServingStatus.NOT_SERVING });
  expect((await end).code).toBe(status.UNAVAILABLE);
  await stopped;
});

it('reports an unknown service to its watcher, and leaves the stream open', async () => {
  const watch = client.watch({ service: 'unknown.Service' });
  const end = statusOf(watch);
  expect(await messageOf(watch)).toEqual({ status: ServingStatus.SERVICE_UNKNOWN });
  watch.cancel();
  expect((await end).code).toBe(status.CANCELLED);
});

it('releases watchers that stop watching', async () => {
  const watches = Array.from({ length: 50 }, () => client.watch({ service: '' }));
  const ends = watches.map(statusOf);
  await Promise.all(watches.map(messageOf));
  for (const watch of watches) watch.cancel();
  await Promise.all(ends);
  // A watcher that was kept would hold up the stop.
  await directory.stop();
});
