import { setTimeout as wait } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { Person, PersonGuideClient } from '../../gen/personguide/person_guide.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { startDirectory } from './run.js';

it('lets calls finish while it stops, beyond the ten seconds between two keepalive pings', async () => {
  const server = await startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    logLevel: 'silent',
    shutdownGraceMs: 30_000,
  });
  using people = clientOf(PersonGuideClient, server.addresses[0] ?? '');
  const routing = people.routePhones();
  const end = statusOf(routing);
  const ann = Person.fromPartial({ name: 'Ann', phones: [{ number: '1' }] });
  routing.write(ann);
  await messageOf(routing);
  const stopped = server.stop();
  // Until the next ping is due: the time of keepalive is no setting.
  await Promise.race([wait(10_200), end]);
  routing.end();
  expect((await end).code).toBe(status.OK);
  await stopped;
}, 20_000);
