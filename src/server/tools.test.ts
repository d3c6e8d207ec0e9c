import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { HealthDefinition } from '../../gen/grpc/health/v1/health.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { AdminServiceDefinition } from '../../gen/personguide/admin/v1/admin.js';
import { KeyServiceDefinition } from '../../gen/personguide/admin/v1/keys.js';
import { StatusServiceDefinition } from '../../gen/personguide/admin/v1/status.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { startServerProcess, type ServerProcess } from '../test-support/program.js';

const SERVICES = [
  HealthDefinition,
  UserServiceDefinition,
  PersonGuideDefinition,
  AdminServiceDefinition,
  KeyServiceDefinition,
  StatusServiceDefinition,
];

const BUF = resolve(__dirname, '../../node_modules/.bin/buf');
const protocol = ['--protocol', 'grpc', '--http2-prior-knowledge'];
const run = promisify(execFile);

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess(['--store', ':memory:', '--demo']);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Runs `buf curl` in a folder without protos: what it knows, it knows by reflection. */
async function curl(url: string, ...flags: string[]): Promise<string> {
  const args = ['curl', ...protocol, ...flags, `http://${server.address}${url}`];
  const { stdout } = await run(BUF, args, { cwd: '/' });
  return stdout;
}

/** Calls a method with messages of JSON, and reads the answers. */
async function call(method: string, ...messages: unknown[]): Promise<unknown[]> {
  const data = messages.map((message) => JSON.stringify(message)).join('\n');
  const output = await curl(`/${method}`, '--data', data);
  // Answers are indented: each begins and ends with a brace of its own line.
  return output
    .split(/(?<=^\}|^\{\})\n/m)
    .flatMap((text) => (text === '' ? [] : [JSON.parse(text) as unknown]));
}

const ann = {
  name: 'Ann',
  email: 'ann@example.com',
  phones: [{ number: '77', type: 'WORK' }],
  adresses: [{ name: 'tool street' }],
};

describe.each(['grpc-v1', 'grpc-v1alpha'])(
  'buf curl without protos, by reflection %s',
  (reflection) => {
    it('lists the services', async () => {
      const list = await curl('', '--reflect-protocol', reflection, '--list-services');
      expect(list.trim().split('\n').sort()).toEqual([
        'grpc.health.v1.Health',
        'grpcUser.UserService',
        'personguide.PersonGuide',
        'personguide.admin.v1.AdminService',
        'personguide.admin.v1.KeyService',
        'personguide.admin.v1.StatusService',
      ]);
    });

    it('lists the methods', async () => {
      const list = await curl('', '--reflect-protocol', reflection, '--list-methods');
      const methods = SERVICES.flatMap(({ fullName, methods }) =>
        Object.values(methods).map(({ name }) => `${fullName}/${name}`),
      );
      expect(list.trim().split('\n').sort()).toEqual(methods.sort());
    });

    it('calls a method', async () => {
      const flags = ['--reflect-protocol', reflection, '--data', '{"id": 1}'];
      const answer: unknown = JSON.parse(await curl('/personguide.PersonGuide/GetPhone', ...flags));
      expect(answer).toEqual({ number: '1234', type: 'HOME' });
    });
  },
);

describe('buf curl without protos', () => {
  it('calls GetPhone', async () => {
    expect(await call('personguide.PersonGuide/GetPhone', { email: 'may@gmail.com' })).toEqual([
      { number: '1234', type: 'HOME' },
    ]);
  });

  it('calls RecordPersons, ListPersons and RoutePhones', async () => {
    const service = 'personguide.PersonGuide';
    const recorded = await call(`${service}/RecordPersons`, ann, { ...ann, name: 'Bea' });
    expect(recorded).toMatchObject([{ people: [ann, { ...ann, name: 'Bea' }] }]);
    const list = await call(`${service}/ListPersons`, { name: 'Tool Street' });
    expect(list).toMatchObject([{ name: 'Ann' }, { name: 'Bea' }]);
    const phones = await call(`${service}/RoutePhones`, { email: ann.email }, { id: 1 });
    expect(phones).toMatchObject([{ number: '77' }, { number: '1234' }, { number: '4321' }, {}]);
  });

  it('calls CreatePerson, UpdatePerson, GetPerson, SearchPersons and DeletePerson', async () => {
    const service = 'personguide.PersonGuide';
    const person = { name: 'Tool Tester', externalId: 'tool-1', phones: [{ number: '5550199' }] };
    const [created] = await call(`${service}/CreatePerson`, { person });
    expect(created).toMatchObject({ person });
    const { id, etag } = (created as { person: { id: number; etag: string } }).person;
    const update = { person: { id, etag, title: 'Dr' }, updateMask: 'title' };
    const [changed] = await call(`${service}/UpdatePerson`, update);
    expect(changed).toMatchObject({ person: { ...person, id, title: 'Dr' } });
    expect(await call(`${service}/GetPerson`, { key: { phone: '555-0199' } })).toEqual([changed]);
    expect(await call(`${service}/SearchPersons`, { query: 'tster tool' })).toMatchObject([
      { matches: [{ ...(changed as object), field: 'name' }] },
    ]);
    expect(await call(`${service}/DeletePerson`, { id })).toMatchObject([{ person: { id } }]);
  });

  it('calls ImportPersons and QueryPersons', async () => {
    const service = 'personguide.PersonGuide';
    const people = [{ name: 'Imported', labels: ['tools'] }, { name: '' }];
    expect(await call(`${service}/ImportPersons`, { people })).toMatchObject([
      {},
      { committed: 2, created: 1, faults: [{ index: 1, code: 3 }] },
    ]);
    expect(await call(`${service}/QueryPersons`, { label: 'Tools' })).toMatchObject([
      { people: [{ name: 'Imported' }] },
    ]);
  });

  it('calls AddUser, GetUser and FindUser', async () => {
    const user = { firstName: 'Ann', lastName: 'Lee', verified: true, email: 'ann@example.com' };
    expect(await call('grpcUser.UserService/AddUser', user)).toMatchObject([{ code: 200, user }]);
    expect(await call('grpcUser.UserService/GetUser', { verified: true })).toMatchObject([
      { users: [user] },
    ]);
    expect(await call('grpcUser.UserService/FindUser', { email: user.email })).toMatchObject([
      user,
    ]);
  });

  it('calls Check of the health service', async () => {
    const request = { service: 'personguide.PersonGuide' };
    expect(await call('grpc.health.v1.Health/Check', request)).toEqual([{ status: 'SERVING' }]);
  });

  it('shows the refused fields of an error', async () => {
    const failed = call('grpcUser.UserService/AddUser', { firstName: 'Ann', lastName: ' ' });
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(/invalid_argument[^]*last_name[^]*must not be empty/) as string,
    });
  });
});
