import { connect } from '../index.js';
import { all, failure } from '../test-support/outcome.js';
import { rawCall } from '../test-support/raw-call.js';
import { isCall, runProgram, startServerProcess } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { type LogLine } from '../test-support/child.js';

const secrets = ['Annabella', 'annabella@example.com', '5550001', 'Secret Street', 'Zimmermann'];

const person = {
  name: 'Annabella',
  email: 'annabella@example.com',
  phones: [{ number: '5550001' }],
  adresses: [{ name: 'Secret Street' }],
};
const user = {
  firstName: 'Annabella',
  lastName: 'Zimmermann',
  address: 'Secret Street',
  email: 'annabella@example.com',
};

it('leaves one line per call, with what an operator needs and nothing of the data', async () => {
  await using server = await startServerProcess(['--store', ':memory:']);
  await using client = connect(server.address, { retry: false });
  const { people, users } = client;

  await people.recordPersons([person, { ...person, id: 77 }, person]);
  await people.getPhone({ email: person.email }, { metadata: { 'x-request-id': 'call-1' } });
  await all(people.listPersons(person.adresses[0] ?? {}));
  await all(people.routePhones([person, { phones: [{ number: '5550001' }, { number: '2' }] }]));
  await users.addUser(user);
  await users.getUser({});
  await users.findUser({ key: { $case: 'email', value: user.email } });
  // What is refused is not written down either.
  await failure(users.addUser(user));
  await failure(people.getPhone({ id: -5, email: 'annabella@example.com Annabella' }));
  await failure(people.recordPersons([person, { ...person, email: 'Annabella Zimmermann' }]));
  await client.health('personguide.PersonGuide');
  await server.line(isCall('Check'));
  const { stdout, stderr } = await server.kill('SIGTERM');

  const calls = stdout.split('\n').flatMap(callOf);
  expect(
    calls.map(({ method, status, received, sent }) => [method, status, received, sent]),
  ).toEqual([
    ['/personguide.PersonGuide/RecordPersons', 'OK', 3, 1],
    ['/personguide.PersonGuide/GetPhone', 'OK', 1, 1],
    ['/personguide.PersonGuide/ListPersons', 'OK', 1, 3],
    ['/personguide.PersonGuide/RoutePhones', 'OK', 2, 3],
    ['/grpcUser.UserService/AddUser', 'OK', 1, 1],
    ['/grpcUser.UserService/GetUser', 'OK', 1, 1],
    ['/grpcUser.UserService/FindUser', 'OK', 1, 1],
    ['/grpcUser.UserService/AddUser', 'ALREADY_EXISTS', 1, 0],
    ['/personguide.PersonGuide/GetPhone', 'INVALID_ARGUMENT', 1, 0],
    ['/personguide.PersonGuide/RecordPersons', 'INVALID_ARGUMENT', 2, 0],
    ['/grpc.health.v1.Health/Check', 'OK', 1, 1],
  ]);
  for (const line of calls) {
    expect(line).toMatchObject({
      durationMs: expect.any(Number) as number,
      peer: expect.stringMatching(/^(127\.0\.0\.1|::1):\d+$/) as string,
      requestId: expect.stringMatching(/^[\w.-]{1,64}$/) as string,
    });
  }
  expect(calls[1]?.['requestId']).toBe('call-1');
  expect(new Set(calls.map(({ requestId }) => requestId)).size).toBe(calls.length);
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
});

it('writes nothing of the data at the highest level of detail either', async () => {
  await using server = await startServerProcess(['--store', ':memory:', '--log-level', 'trace']);
  await using client = connect(server.address, { retry: false, token: 'secret-token' });
  await client.people.recordPersons([person]);
  await failure(client.people.getPhone({ email: 'Annabella\u0000' }));
  await rawCall(server.address, '/personguide.PersonGuide/GetPhone', [Buffer.from('Annabella')]);
  const { stdout, stderr } = await server.kill('SIGTERM');
  for (const secret of [...secrets, 'secret-token']) expect(stdout + stderr).not.toContain(secret);
});

it('notes a trace that the caller is part of', async () => {
  await using server = await startServerProcess(['--store', ':memory:']);
  await using client = connect(server.address);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await failure(client.people.getPhone({ id: 1 }, { metadata: { traceparent } }));
  expect(await server.line(isCall('GetPhone', 'NOT_FOUND'))).toMatchObject({ traceparent });
});

it('has the ids of what a call has written', async () => {
  await using server = await startServerProcess(['--store', ':memory:']);
  await using client = connect(server.address, { retry: false });
  await client.people.recordPersons([person, person, { ...person, id: 50 }]);
  await client.users.addUser(user);
  await failure(client.people.updatePerson({ person: { id: 50, name: '' }, updateMask: ['name'] }));
  await client.people.deletePerson({ id: 50 });
  expect(await server.line(isCall('RecordPersons'))).toMatchObject({ ids: '51-52,50' });
  expect(await server.line(isCall('AddUser'))).toMatchObject({ ids: '1' });
  expect(await server.line(isCall('UpdatePerson'))).not.toHaveProperty('ids');
  expect(await server.line(isCall('DeletePerson'))).toMatchObject({ ids: '50' });
});

it('names who has called, and never the key', async () => {
  using folder = temporaryFolder();
  const store = ['--store', folder.file('people.db')];
  const added = runProgram(['keys', 'add', 'crm', '--scope', 'people:read', '--json', ...store]);
  const { stdout } = await added.exited;
  const { id, key } = JSON.parse(stdout) as { id: string; key: string };
  await using server = await startServerProcess([...store, '--auth', 'keys']);
  await using client = connect(server.address, { retry: false, token: key });
  await all(client.people.listPersons({}));
  await failure(client.users.addUser(user));
  expect(await server.line(isCall('ListPersons', 'OK'))).toMatchObject({ principal: `key:${id}` });
  expect(await server.line(isCall('AddUser', 'PERMISSION_DENIED'))).toMatchObject({
    principal: `key:${id}`,
  });
  const { stdout: log, stderr } = await server.kill('SIGTERM');
  expect(log + stderr).not.toContain(key);
});

function callOf(text: string): LogLine[] {
  if (text === '') return [];
  const line = JSON.parse(text) as LogLine;
  return line['msg'] === 'call' ? [line] : [];
}
