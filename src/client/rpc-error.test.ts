import { Metadata, status } from '@grpc/grpc-js';
import Long from 'long';
import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import { connect, RpcError } from '../index.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

const METHOD = '/personguide.PersonGuide/GetPhone';

function trailerWith(details: { typeUrl: string; value: Buffer }[]): Metadata {
  const trailer = new Metadata();
  const bytes = Status.encode({ code: 3, message: 'refused', details }).finish();
  trailer.set('grpc-status-details-bin', Buffer.from(bytes));
  return trailer;
}

const details = [
  {
    typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo',
    value: Buffer.from(
      ErrorInfo.encode(ErrorInfo.fromPartial({ reason: 'INVALID_FIELDS' })).finish(),
    ),
  },
  {
    typeUrl: 'type.googleapis.com/google.rpc.BadRequest',
    value: Buffer.from(
      BadRequest.encode({
        fieldViolations: [{ field: 'people[3].email', description: 'must have an @' }],
      }).finish(),
    ),
  },
  {
    typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
    value: Buffer.from(
      RetryInfo.encode({
        retryDelay: { seconds: Long.fromNumber(1), nanos: 500_000_000 },
      }).finish(),
    ),
  },
];

it('has code, reason, violations, delay, metadata, method and request id', async () => {
  const { address } = await serve({
    people: {
      getPhone: (_, callback) => {
        const metadata = trailerWith(details);
        metadata.set('x-request-id', 'r-1');
        callback({ code: status.INVALID_ARGUMENT, details: 'bad email', metadata });
      },
    },
  });
  const directory = closeLater(connect(address));
  const error = await rejectionOf(directory.people.getPhone({}));
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({
    name: 'RpcError',
    message: 'GetPhone INVALID_ARGUMENT: bad email',
    code: 3,
    codeName: 'INVALID_ARGUMENT',
    details: 'bad email',
    reason: 'INVALID_FIELDS',
    violations: [{ field: 'people[3].email', description: 'must have an @' }],
    retryDelayMs: 1500,
    requestId: 'r-1',
    method: METHOD,
  });
  expect((error as RpcError).metadata['x-request-id']).toEqual(['r-1']);
});

it('has a stack that begins at the code that made the call, for every kind of call', async () => {
  const { address } = await serve({});
  const { people } = closeLater(connect(address));
  async function theCaller(call: () => Promise<unknown>): Promise<unknown> {
    return call();
  }
  const calls = [
    () => people.getPhone({}),
    () => people.listPersons({}).next(),
    () => people.recordPersons([]),
    () => people.routePhones([]).next(),
  ];
  for (const call of calls) {
    const { stack } = (await rejectionOf(theCaller(call))) as Error;
    const [message, first, second] = String(stack).split('\n');
    expect(message).toMatch(/^RpcError: \w+ UNIMPLEMENTED/);
    expect(first).toContain('rpc-error.test.ts');
    expect(second).toContain('theCaller');
  }
});

describe('the stack of a call', () => {
  const limit = Error.stackTraceLimit;

  afterEach(() => {
    Error.stackTraceLimit = limit;
  });

  it.each([
    ["five frames with Node's limit", 10, 5],
    ['as many frames as the program has set', 7, 7],
    ['no frames if the program wants none', 0, 0],
  ])('has %s, and leaves the limit as it is', async (_, framesAllowed, frames) => {
    const { address } = await serve({});
    const { people } = closeLater(connect(address));
    const deepCall = (depth: number): Promise<unknown> =>
      depth === 0 ? people.getPhone({}) : deepCall(depth - 1);
    Error.stackTraceLimit = framesAllowed;
    const failure = deepCall(20);
    expect(Error.stackTraceLimit).toBe(framesAllowed);
    const { stack } = (await rejectionOf(failure)) as Error;
    const lines = String(stack).split('\n').slice(1);
    expect(lines.filter((line) => line.includes('deepCall'))).toHaveLength(frames);
  });
});

it('is recognized by instanceof across two copies of the package', () => {
  let other: typeof RpcError = RpcError;
  jest.isolateModules(() => {
    ({ RpcError: other } = jest.requireActual<{ RpcError: typeof RpcError }>('./rpc-error.js'));
  });
  expect(other).not.toBe(RpcError);
  const error = new other({ code: 5, details: 'no such person', method: METHOD });
  expect(error instanceof RpcError).toBe(true);
  expect(
    new RpcError({ code: 5, details: 'no such person', method: METHOD }) instanceof other,
  ).toBe(true);
  expect(new Error('x') instanceof RpcError).toBe(false);
  expect((null as unknown) instanceof RpcError).toBe(false);
});

it('is not an instance of a class that extends RpcError', () => {
  class Special extends RpcError {}
  const init = { code: 5, details: 'no such person', method: METHOD };
  expect(new RpcError(init) instanceof Special).toBe(false);
  expect(new Special(init) instanceof Special).toBe(true);
  expect(new Special(init) instanceof RpcError).toBe(true);
});

it('ignores details that cannot be decoded', () => {
  const trailer = new Metadata();
  trailer.set('grpc-status-details-bin', Buffer.from([0xff, 0xff]));
  const error = new RpcError({ code: 3, details: 'x', method: METHOD, trailer });
  expect(error).toMatchObject({ reason: undefined, violations: [], retryDelayMs: undefined });
});

it('has the name UNKNOWN for a code that does not exist', () => {
  expect(new RpcError({ code: 99, details: 'x', method: METHOD }).codeName).toBe('UNKNOWN');
});

it.each([
  ['instead of headers', false],
  ['after headers', true],
])('has no advice about connections for what a server reports %s', async (_, hasHeaders) => {
  const { address } = await serve({
    people: {
      getPhone: (call, callback) => {
        if (hasHeaders) call.sendMetadata(new Metadata());
        callback({ code: status.UNAVAILABLE, details: 'the server is stopping' });
      },
    },
  });
  const directory = closeLater(connect(address, { retry: false }));
  const error = (await rejectionOf(directory.people.getPhone({}))) as RpcError;
  expect(error.message).toBe('GetPhone UNAVAILABLE: the server is stopping');
});

it('keeps its message, reason and violations as JSON, and leaves out the metadata', () => {
  const trailer = trailerWith(details);
  trailer.set('authorization', 'Bearer secret');
  const error = new RpcError({
    code: 3,
    details: 'bad email',
    method: METHOD,
    trailer,
    requestId: 'r-1',
  });
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: {
      name: 'RpcError',
      message: 'GetPhone INVALID_ARGUMENT: bad email',
      code: 3,
      codeName: 'INVALID_ARGUMENT',
      details: 'bad email',
      reason: 'INVALID_FIELDS',
      violations: [{ field: 'people[3].email', description: 'must have an @' }],
      retryDelayMs: 1500,
      method: METHOD,
      requestId: 'r-1',
    },
  });
});
