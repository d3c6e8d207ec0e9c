import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  GetStatusRequest,
  GetStatusResponse,
  StatusServiceDefinition,
} from '../../gen/personguide/admin/v1/status.js';
import { addKey } from '../directory/keys.js';
import { connect } from '../index.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';

const PATH = `/${StatusServiceDefinition.fullName}/GetStatus`;

function getStatus(address: string, key = ''): Promise<GetStatusResponse> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (key !== '') metadata.set('authorization', `Bearer ${key}`);
  return new Promise<GetStatusResponse>((resolve, reject) => {
    client.makeUnaryRequest(
      PATH,
      (request: GetStatusRequest) => Buffer.from(GetStatusRequest.encode(request).finish()),
      (bytes) => GetStatusResponse.decode(bytes),
      {},
      metadata,
      (error, response) => {
        if (error !== null) reject(error);
        else if (response !== undefined) resolve(response);
      },
    );
  }).finally(() => {
    client.close();
  });
}

function start(options: Parameters<typeof startDirectory>[0] = {}): Promise<RunningDirectory> {
  return startDirectory({
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    logLevel: 'silent',
    shutdownGraceMs: 0,
    ...options,
  });
}

describe('The status of a server', () => {
  let server: RunningDirectory;
  let address: string;

  beforeAll(async () => {
    server = await start();
    [address = ''] = server.addresses;
  });
  afterAll(() => server.stop());

  it('says what the server is', async () => {
    const status = await getStatus(address);
    expect(status).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      engine: 'SQLite',
      nodeVersion: process.version,
      serving: true,
      accessControl: false,
      scopes: [],
    });
    expect(status.uptimeSeconds).toBeGreaterThan(0);
    expect((await getStatus(address)).instance).toBe(status.instance);
  });

  it('counts calls, failures and the latencies of unary calls', async () => {
    const before = await getStatus(address);
    await using directory = connect(address);
    await directory.people.recordPersons([{ name: 'Ada' }]);
    await directory.people.getPerson({ key: { id: 1 } });
    await expect(directory.people.getPerson({ key: { id: 999 } })).rejects.toThrow();
    const after = await getStatus(address);
    const difference = (of: (status: GetStatusResponse) => { toNumber(): number }) =>
      of(after).toNumber() - of(before).toNumber();
    // The first status is one of them.
    expect(difference(({ endedCalls }) => endedCalls)).toBe(4);
    expect(difference(({ failedCalls }) => failedCalls)).toBe(1);
    // Itself.
    expect(after.openCalls.toNumber()).toBe(1);
    const unary = ({ unaryLatencies }: GetStatusResponse) =>
      unaryLatencies.reduce((sum, { calls }) => sum + calls.toNumber(), 0);
    // Those of a status are left out: a page that shows latencies asks for it all the time.
    expect(unary(after) - unary(before)).toBe(2);
    expect(after.unaryLatencies.at(-1)?.upToSeconds).toBe(Infinity);
  });
});

it('The status of a server with access control is for its callers, with their scopes', async () => {
  const server = await start({ auth: { kind: 'keys' } });
  try {
    const [address = ''] = server.addresses;
    await expect(getStatus(address)).rejects.toThrow('UNAUTHENTICATED');
    const now = new Date();
    const request = { name: 'reader', scopes: ['people:read'], expiresAtMs: undefined };
    const { text } = await addKey(server.store, request, now, {});
    expect(await getStatus(address, text)).toMatchObject({
      accessControl: true,
      scopes: ['people:read'],
    });
  } finally {
    await server.stop();
  }
});
