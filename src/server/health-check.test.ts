import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health.js';
import { watchHealth } from '../test-support/health-watcher.js';
import { openLog } from './log.js';
import { startDirectory } from './run.js';
import { startServer } from './start.js';

const { SERVING, NOT_SERVING } = ServingStatus;
const QUIET = { listen: ['127.0.0.1:0'], log: openLog('silent'), shutdownGraceMs: 0 };

it('turns the server NOT_SERVING within two seconds of a failed check, and back by itself', async () => {
  let working = true;
  const check = async (): Promise<void> => {
    if (!working) throw new Error('the disk is gone');
  };
  const server = await startServer({ ...QUIET, services: [], check });
  await using statuses = watchHealth(server);
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
  await using statuses = watchHealth(server);
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
    await using statuses = watchHealth(directory, service);
    expect((await statuses.next())[0]).toBe(SERVING);
    await directory.store.close();
    const [failed, failedMs] = await statuses.next();
    expect(failed).toBe(NOT_SERVING);
    expect(failedMs).toBeLessThan(2000);
    await directory.stop();
  },
);
