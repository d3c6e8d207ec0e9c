import { status, type ServiceError } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthClient,
} from '../../gen/grpc/health/v1/health.js';
import {
  AddressBook,
  Adress,
  Person,
  PersonGuideClient,
} from '../../gen/personguide/person_guide.js';
import { answered, clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { isCall, startServerProcess } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

const ann = Person.fromPartial({
  name: 'Ann',
  phones: [{ number: '1' }],
  adresses: [{ name: 'x' }],
});

it('stops on SIGTERM: health first, unary calls finish, open streams end after the grace', async () => {
  using folder = temporaryFolder();
  const settings = ['--store', folder.file('people.db'), '--shutdown-grace', '400ms'];
  {
    await using server = await startServerProcess(settings);
    using people = clientOf(PersonGuideClient, server.address);
    using health = clientOf(HealthClient, server.address);

    const watch = health.watch({ service: 'personguide.PersonGuide' });
    expect(await messageOf(watch)).toEqual({ status: ServingStatus.SERVING });
    const routing = people.routePhones();
    routing.write(ann);
    expect(await messageOf(routing)).toEqual({ number: '1', type: 0 });
    const half = people.recordPersons(() => undefined);
    half.write(ann);
    const recorded = answered<AddressBook>((callback) => {
      const recording = people.recordPersons(callback);
      recording.write(ann);
      // Half-closed only once the server is stopping: it may finish within the grace.
      watch.once('data', () => recording.end());
    });

    // Its answer comes behind all that was sent before: the server knows the calls then.
    await expect(
      answered((callback) => people.getPhone(Person.fromPartial({ id: 1 }), callback)),
    ).rejects.toMatchObject({ code: status.NOT_FOUND });

    const stoppedAt = Date.now();
    const notServing = messageOf(watch);
    const ends = [statusOf(watch), statusOf(routing), statusOf(half)];
    const exited = server.kill('SIGTERM');
    expect(await notServing).toEqual({ status: ServingStatus.NOT_SERVING });
    expect((await recorded).people).toMatchObject([{ name: 'Ann' }]);
    for (const { code } of await Promise.all(ends)) expect(code).toBe(status.UNAVAILABLE);
    expect(Date.now() - stoppedAt).toBeGreaterThanOrEqual(390);

    expect(await exited).toMatchObject({ code: 0, signal: null });
    await server.line(isCall('RoutePhones', 'UNAVAILABLE'));
    await server.line(({ msg }) => msg === 'stopped');
  }
  await using again = await startServerProcess(settings);
  using people = clientOf(PersonGuideClient, again.address);
  const list = people.listPersons(Adress.fromPartial({ name: 'x' }));
  const found: Person[] = [];
  list.on('data', (person: Person) => found.push(person));
  expect((await statusOf(list)).code).toBe(status.OK);
  expect(found).toMatchObject([{ name: 'Ann' }]);
});

it('takes no new calls while it stops', async () => {
  await using server = await startServerProcess([...inMemory, '--shutdown-grace', '2s']);
  using open = clientOf(PersonGuideClient, server.address);
  const routing = open.routePhones();
  routing.write(ann);
  await messageOf(routing);
  const exited = server.kill('SIGTERM');
  await server.line(({ msg }) => msg === 'stopping');
  using late = clientOf(PersonGuideClient, server.address);
  const refused = await answered((callback) =>
    late.getPhone(Person.fromPartial({ id: 1 }), callback),
  ).catch((error: unknown) => (error as ServiceError).code);
  expect(refused).toBe(status.UNAVAILABLE);
  routing.end();
  expect((await statusOf(routing)).code).toBe(status.OK);
  expect((await exited).code).toBe(0);
});

it('does not wait for the grace when nothing is under way', async () => {
  await using server = await startServerProcess([...inMemory, '--shutdown-grace', '1h']);
  using people = clientOf(PersonGuideClient, server.address);
  const refused = answered((callback) => people.getPhone(Person.fromPartial({}), callback));
  await expect(refused).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  expect(await server.kill('SIGINT')).toMatchObject({ code: 0, signal: null });
});

it('does not wait any longer at the second signal', async () => {
  await using server = await startServerProcess([...inMemory, '--shutdown-grace', '1h']);
  using people = clientOf(PersonGuideClient, server.address);
  const routing = people.routePhones();
  routing.write(ann);
  await messageOf(routing);
  const end = statusOf(routing);
  void server.kill('SIGTERM');
  await server.line(({ msg }) => msg === 'stopping');
  expect(await server.kill('SIGTERM')).toMatchObject({ code: 0, signal: null });
  expect((await end).code).toBe(status.UNAVAILABLE);
});

const inMemory = ['--store', ':memory:'];
