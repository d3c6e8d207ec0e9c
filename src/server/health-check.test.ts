import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
  type HealthCheckResponse,
} from '../../gen/grpc/health/v1/health.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { openLog } from './log.js';
import { startDirectory } from './run.js';
import { startServer, type RunningServer } from './start.js';

const { SERVING, NOT_SERVING } = ServingStatus;
const QUIET = { listen: ['127.0.0.1:0'], log: openLog('silent'), shutdownGraceMs: 0 };

interface Watcher extends AsyncDisposable {
  /** Resolves with the next status, and with the milliseconds it took to arrive. */
  next(): Promise<readonly [status: ServingStatus, tookMs: number]>;
}

function watch(server: RunningServer, service = ''): Watcher {
  const client = clientOf(HealthClient, server.addresses[0] ?? '');
  const call = client.watch({ service });
  const end = statusOf(call);
  return {
    async next() {
      const startedMs = performance.now();
      const { status } = await messageOf<HealthCheckResponse>(call);
      return [status, performance.now() - startedMs];
    },
    async [Symbol.asyncDispose]() {
      call.cancel();
      await end;
      client.close();
    },
  };
}

it('turns the server NOT_SERVING within two seconds of a failed check, and back by itself', async () => {
  let working = true;
  const check = async (): Promise<void> => {
    if (!working) throw new Error('the disk is gone');
  };
  const server = await startServer({ ...QUIET, services: [], check });
  await using statuses = watch(server);
  expect((await statuses.next())[0]).toBe(SERVING);
  working = false;
  const [failed, failedMs] = await statuses.next();
  expect(failed).toBe(NOT_SERVING);
  expect(failedMs).toBeLessThan(2000);
  working = true;
  const [recovered, recoveredMs] = await statuses.next();
  expect(recovered).toBe(SERVING);
  expect(recoveredMs).toBeLessThan(2000);
  await server.stop();
});

it('treats a check that does not settle as failed', async () => {
  const check = (): Promise<void> => new Promise(() => undefined);
  const server = await startServer({ ...QUIET, services: [], check });
  await using statuses = watch(server);
  expect((await statuses.next())[0]).toBe(SERVING);
  const [failed, failedMs] = await statuses.next();
  expect(failed).toBe(NOT_SERVING);
  expect(failedMs).toBeLessThan(2500);
  await server.stop();
});

it.each(['', 'personguide.PersonGuide', 'grpcUser.UserService'])(
  'turns "%s" NOT_SERVING when the store of the directory cannot be read',
  async (service) => {
    const directory = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: ':memory:',
      logLevel: 'silent',
      shutdownGraceMs: 0,
    });
    await using statuses = watch(directory, service);
    expect((await statuses.next())[0]).toBe(SERVING);
    await directory.store.close();
    const [failed, failedMs] = await statuses.next();
    expect(failed).toBe(NOT_SERVING);
    expect(failedMs).toBeLessThan(2000);
    await directory.stop();
  },
);
