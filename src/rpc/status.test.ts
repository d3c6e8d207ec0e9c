import { BadRequest, ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import { DirectoryError, invalid, type Reason } from '../directory/errors.js';
import type { CallStatus } from './call.js';
import { Code } from './code.js';
import { errorForLog, isPublicError, statusOf } from './status.js';

const PREFIX = 'type.googleapis.com/google.rpc.';

const inCall = (requestId: string): { requestId: string; errorDomain: string } => ({
  requestId,
  errorDomain: 'phonebook',
});

function detailsOf({ trailers }: CallStatus): Status {
  return Status.decode(trailers['grpc-status-details-bin'] as Buffer);
}

function detail(end: CallStatus, type: string): Buffer {
  const found = detailsOf(end).details.find(({ typeUrl }) => typeUrl === PREFIX + type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found.value;
}

/** The size of the status in the trailers, as a client counts it. */
function trailerBytes({ details, trailers }: CallStatus): number {
  const headers = { 'grpc-message': encodeURI(details), ...trailers };
  return Object.entries(headers).reduce((sum, [name, value]) => {
    const text = Buffer.isBuffer(value) ? value.toString('base64') : value;
    return sum + name.length + text.length + 32;
  }, 0);
}

it.each<[Reason, Code]>([
  ['not-found', Code.NOT_FOUND],
  ['already-exists', Code.ALREADY_EXISTS],
  ['invalid', Code.INVALID_ARGUMENT],
  ['conflict', Code.FAILED_PRECONDITION],
  ['exhausted', Code.RESOURCE_EXHAUSTED],
  ['unavailable', Code.UNAVAILABLE],
])('turns the reason %s into status %i with its text', (reason, code) => {
  const end = statusOf(new DirectoryError(reason, 'why'), inCall('id-1'));
  expect(end).toMatchObject({ code, details: 'why' });
  expect(detailsOf(end)).toMatchObject({ code, message: 'why' });
  expect(ErrorInfo.decode(detail(end, 'ErrorInfo'))).toEqual({
    reason: reason.toUpperCase().replace('-', '_'),
    domain: 'phonebook',
    metadata: {},
  });
  expect(end.trailers['x-request-id']).toBe('id-1');
});

it('carries all violations of a request', () => {
  const violations = [
    { field: 'people[3].email', description: 'must have one @' },
    { field: 'people[3].name', description: 'must not be empty' },
  ];
  const end = statusOf(invalid(violations), inCall('id'));
  expect(BadRequest.decode(detail(end, 'BadRequest')).fieldViolations).toEqual(violations);
  expect(ErrorInfo.decode(detail(end, 'ErrorInfo')).reason).toBe('INVALID_FIELDS');
});

it('carries how long to wait before another try', () => {
  const end = statusOf(
    new DirectoryError('unavailable', 'busy', { retryDelayMs: 2500 }),
    inCall('id'),
  );
  const { retryDelay } = RetryInfo.decode(detail(end, 'RetryInfo'));
  expect([retryDelay?.seconds.toNumber(), retryDelay?.nanos]).toEqual([2, 500_000_000]);
});

it('treats any error of the same shape as public', () => {
  const error = Object.assign(new Error('full'), { reason: 'exhausted' });
  expect(isPublicError(error)).toBe(true);
  expect(statusOf(error, inCall('id'))).toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
});

it.each([
  ['an error', new Error('secret')],
  ['an error with a foreign reason', Object.assign(new Error('secret'), { reason: 'toString' })],
  ['an error with a code', Object.assign(new Error('secret'), { code: 5 })],
  ['no error', { reason: 'invalid', message: 'secret' }],
  ['a text', 'secret'],
  ['nothing', undefined],
])('reveals only the request id for %s', (_, thrown) => {
  const end = statusOf(thrown, inCall('id-9'));
  expect(end).toMatchObject({
    code: Code.INTERNAL,
    details: "internal error; the server's log has it under request id id-9",
  });
  expect(end.trailers).toEqual({ 'x-request-id': 'id-9' });
  expect(errorForLog(thrown)).toBe(thrown);
});

it('keeps an error with a cause for the log, and none without', () => {
  const plain = new DirectoryError('unavailable', 'busy');
  const caused = new DirectoryError('unavailable', 'busy', { cause: new Error('disk') });
  expect(errorForLog(plain)).toBeUndefined();
  expect(errorForLog(caused)).toBe(caused);
});

it.each([
  ['plain', 'x'],
  ['percent-encoded', 'é%\n'],
  ['outside the basic plane', '😀'],
])('fits into the trailers of common clients with long texts that are %s', (_, text) => {
  const long = text.repeat(20_000);
  const violations = Array.from({ length: 5000 }, () => ({ field: long, description: long }));
  const end = statusOf(
    new DirectoryError('invalid', long, { code: long, violations }),
    inCall('x'.repeat(64)),
  );
  expect(trailerBytes(end)).toBeLessThan(7000);
  expect(BadRequest.decode(detail(end, 'BadRequest')).fieldViolations.length).toBeGreaterThan(0);
});

it('survives half a surrogate pair in every text', () => {
  const half = 'a\ud800b';
  const violations = [{ field: half, description: half }];
  const end = statusOf(
    new DirectoryError('invalid', half, { code: half, violations }),
    inCall('id'),
  );
  expect(encodeURI(end.details)).toBe(encodeURI('a\ufffdb'));
  expect(BadRequest.decode(detail(end, 'BadRequest')).fieldViolations).toEqual([
    { field: 'a\ufffdb', description: 'a\ufffdb' },
  ]);
});

it('cuts between the halves of a surrogate pair without leaving one', () => {
  for (const lead of ['', 'x', 'xx']) {
    const end = statusOf(new DirectoryError('conflict', lead + '😀'.repeat(600)), inCall('id'));
    expect(end.details.isWellFormed()).toBe(true);
  }
});
