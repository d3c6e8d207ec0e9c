import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { fromJson, toJson, type JsonObject } from '@bufbuild/protobuf';
import { HealthDefinition } from '../../gen/grpc/health/v1/health.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { AdminServiceDefinition } from '../../gen/personguide/admin/v1/admin.js';
import { KeyServiceDefinition } from '../../gen/personguide/admin/v1/keys.js';
import { StatusServiceDefinition } from '../../gen/personguide/admin/v1/status.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { readContract } from './contract.js';
import { openApiOf } from './openapi.js';
import { http1, postJson, versions, type Responded } from './web.test.support.js';

const SERVICES = [
  HealthDefinition,
  UserServiceDefinition,
  PersonGuideDefinition,
  AdminServiceDefinition,
  KeyServiceDefinition,
  StatusServiceDefinition,
];
const PATHS = SERVICES.flatMap(({ fullName, methods }) =>
  Object.values(methods).map(({ name }) => `/${fullName}/${name}`),
);

const BUF = resolve(__dirname, '../../node_modules/.bin/buf');
const VALIDATE = resolve(__dirname, '../../node_modules/.bin/validate-api');
const run = promisify(execFile);

const KINDS = `
  syntax = "proto3";
  package kinds;
  import "google/protobuf/duration.proto";
  import "google/protobuf/field_mask.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto";
  import "google/protobuf/wrappers.proto";
  enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
  message All {
    int64 long_number = 1;
    fixed32 count = 2;
    double ratio = 3;
    bytes raw = 4;
    map<string, All> by_name = 5;
    repeated Color colors = 6;
    oneof choice { string text = 7; All self = 8; }
    optional bool flag = 9;
    google.protobuf.Timestamp time = 10;
    google.protobuf.Duration duration = 11;
    google.protobuf.FieldMask mask = 12;
    google.protobuf.Int64Value wrapped = 13;
    google.protobuf.Value any_json = 14;
  }
  service Kinds { rpc Call(All) returns (All); }`;

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<'get' | 'post', JsonObject>>>>;
  readonly components: { readonly schemas: object };
}
type Check = (value: unknown) => boolean;

/** Checks values by the schema of a type of a document. */
function checkOf(document: object, typeName: string): Check {
  // What the validator of OpenAPI is made with.
  const load = createRequire(require.resolve('@seriousme/openapi-schema-validator'));
  const { Ajv } = load('ajv') as {
    readonly Ajv: new (options: object) => {
      addSchema: (schema: object, key: string) => void;
      compile: (schema: object) => Check;
    };
  };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  return ajv.compile({ $ref: `document#/components/schemas/${typeName}` });
}

let folder: Folder;
let directory: RunningDirectory;
let address: string;

beforeAll(async () => {
  folder = temporaryFolder();
  const options = { listen: ['127.0.0.1:0'], store: ':memory:', demo: true } as const;
  directory = await startDirectory({ ...options, logLevel: 'silent', shutdownGraceMs: 0 });
  [address = ''] = directory.addresses;
});
afterAll(async () => {
  await directory.stop();
  folder[Symbol.dispose]();
});

function validate(document: object): Promise<unknown> {
  const file = folder.file('openapi.json');
  writeFileSync(file, JSON.stringify(document));
  return run(VALIDATE, [file]);
}

const fetched = async (): Promise<Document> =>
  JSON.parse((await http1(address, 'GET', '/openapi.json')).body) as Document;

it.each(versions)('is served as JSON over %s', async (_, send) => {
  const response = await send(address, 'GET', '/openapi.json');
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toBe('application/json');
  expect(JSON.parse(response.body)).toMatchObject({ openapi: '3.1.0' });
  expect(await send(address, 'HEAD', '/openapi.json')).toMatchObject({ status: 200, body: '' });
});

it('is not served to other hosts and origins', async () => {
  const get = (headers: object): Promise<Responded> =>
    http1(address, 'GET', '/openapi.json', { host: address, ...headers });
  expect((await get({ host: 'rebound.example.com' })).status).toBe(421);
  expect((await get({ origin: 'https://other.example.com' })).status).toBe(403);
});

it('is valid OpenAPI', async () => {
  const document = await fetched();
  await validate(document);
  await expect(validate({ ...document, paths: [] })).rejects.toThrow('validate-api');
  // The validator does not look for what is referred to.
  for (const [, name = ''] of JSON.stringify(document).matchAll(
    /#\/components\/schemas\/([^"]+)/g,
  )) {
    expect(Object.keys(document.components.schemas)).toContain(name);
  }
});

it('has every method of the server, and no other', async () => {
  const { paths } = await fetched();
  const own = Object.keys(paths).filter((path) => !path.startsWith('/grpc.reflection.'));
  expect(own.sort()).toEqual(PATHS.sort());
  const once = Object.keys(paths).filter((path) => paths[path]?.get === undefined);
  expect(once).toContain('/personguide.PersonGuide/CreatePerson');
  expect(once).toContain('/personguide.PersonGuide/ListPersons');
  expect(once).not.toContain('/personguide.PersonGuide/GetPhone');
});

it('describes how streams travel', async () => {
  const { paths } = await fetched();
  const person = { $ref: '#/components/schemas/personguide.Person' };
  expect(paths['/personguide.PersonGuide/RecordPersons']?.post).toMatchObject({
    requestBody: {
      content: {
        'application/json': { schema: { type: 'array', items: person } },
        'application/x-ndjson': { schema: person },
      },
    },
    responses: { 200: { content: { 'application/json': {} } } },
  });
  expect(paths['/personguide.PersonGuide/ListPersons']?.post).toMatchObject({
    responses: {
      200: {
        description: expect.stringContaining('lines of JSON') as string,
        content: { 'application/x-ndjson': { schema: { anyOf: [person, {}] } } },
      },
    },
  });
});

it('has the schemas of what the server sends', async () => {
  const document = await fetched();
  const isPerson = checkOf(document, 'personguide.Person');
  const list = await postJson(address, '/personguide.PersonGuide/ListPersons', {});
  const people = list.body.trim().split('\n');
  expect(people.length).toBeGreaterThan(1);
  for (const line of people) expect(isPerson(JSON.parse(line))).toBe(true);
  expect(isPerson({ phones: [{ number: 1234 }] })).toBe(false);
  const failed = await postJson(address, '/personguide.PersonGuide/GetPhone', {});
  expect(checkOf(document, 'connect.Error')(JSON.parse(failed.body))).toBe(true);
});

describe('the schema of a message', () => {
  let isValid: Check;
  let roundTrip: (json: JsonObject) => unknown;

  beforeAll(() => {
    writeFileSync(folder.file('kinds.proto'), KINDS);
    const set = execFileSync(BUF, ['build', '-o', '-#format=binpb'], { cwd: folder.path });
    const { methods, registry } = readContract(set);
    isValid = checkOf(openApiOf(methods), 'kinds.All');
    const type = methods.get('/kinds.Kinds/Call')?.input;
    if (type === undefined) throw new Error('the method is missing');
    roundTrip = (json) => toJson(type, fromJson(type, json, { registry }), { registry });
  });

  it.each<JsonObject>([
    { longNumber: '9007199254740993', count: 7 },
    { ratio: 0.5 },
    { ratio: 'NaN' },
    { raw: 'AAE=' },
    { byName: { a: { flag: false } }, colors: ['COLOR_RED'] },
    { text: 'one' },
    { self: { text: 'other' } },
    { time: '2026-01-31T12:00:00Z', duration: '-1.500s', mask: 'longNumber,ratio' },
    { wrapped: '5', anyJson: [null, 1] },
  ])('accepts %j', (json) => {
    expect(roundTrip(json)).toEqual(json);
    expect(isValid(json)).toBe(true);
  });

  it.each<JsonObject>([
    { longNumber: true },
    { count: -1 },
    { ratio: 'much' },
    { raw: 5 },
    { byName: { a: 1 } },
    { colors: ['RED'] },
    { text: 'one', self: {} },
    { flag: 'true' },
    { duration: '1 min' },
    { wrapped: { value: '5' } },
  ])('rejects %j', (json) => {
    expect(() => roundTrip(json)).toThrow();
    expect(isValid(json)).toBe(false);
  });
});
