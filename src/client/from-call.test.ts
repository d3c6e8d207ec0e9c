import { Metadata, status } from '@grpc/grpc-js';
import { connect, fromCall, type HandledCall } from '../index.js';
import { deferred } from '../test-support/deferred.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACE_PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const CHILD = new RegExp(`^00-${TRACE_ID}-[\\da-f]{16}-01$`);

it('passes on cancellation, request id and trace of a grpc-js call', async () => {
  const reached = deferred<Metadata>();
  const cancelled = deferred();
  const behind = await serve({
    people: {
      getPhone: (call) => {
        call.on('cancelled', cancelled.resolve);
        reached.resolve(call.metadata);
      },
    },
  });
  const inner = closeLater(connect(behind.address));
  const innerError = deferred<unknown>();
  const front = await serve({
    people: {
      getPhone: (call, callback) => {
        void inner.people.getPhone({}, fromCall(call)).catch((error: unknown) => {
          innerError.resolve(error);
          callback({ code: status.INTERNAL, details: 'no phone' });
        });
      },
    },
  });
  const outer = closeLater(connect(front.address));
  const controller = new AbortController();
  const metadata = { 'x-request-id': 'r-7', traceparent: TRACE_PARENT, other: 'stays here' };
  const options = { signal: controller.signal, metadata, timeoutMs: 60_000 };
  const rejection = rejectionOf(outer.people.getPhone({}, options));
  const passedOn = await reached.promise;
  expect(passedOn.get('x-request-id')).toEqual(['r-7']);
  expect(passedOn.get('traceparent')).toEqual([expect.stringMatching(CHILD) as string]);
  expect(passedOn.get('traceparent')).not.toEqual([TRACE_PARENT]);
  expect(passedOn.get('other')).toEqual([]);
  controller.abort();
  await cancelled.promise;
  expect(await innerError.promise).toMatchObject({ codeName: 'CANCELLED' });
  expect(await rejection).toMatchObject({ codeName: 'CANCELLED' });
});

it('passes on the time that is left until the deadline', () => {
  const metadata = new Metadata();
  const call = { metadata, cancelled: false, on: jest.fn() };
  const deadline = new Date(Date.now() + 5000);
  const { timeoutMs } = fromCall({ ...call, getDeadline: () => deadline });
  expect(timeoutMs).toBeGreaterThan(4000);
  expect(timeoutMs).toBeLessThanOrEqual(5000);
  expect(fromCall({ ...call, getDeadline: () => Infinity })).not.toHaveProperty('timeoutMs');
});

it('listens once to a call for many calls on its behalf, and aborts immediately for an ended one', () => {
  const on = jest.fn();
  const call = { metadata: new Metadata(), cancelled: false, on, getDeadline: () => Infinity };
  const signals = [1, 2, 3].map(() => fromCall(call).signal);
  expect(on).toHaveBeenCalledTimes(1);
  expect(new Set(signals).size).toBe(1);
  expect(fromCall({ ...call, cancelled: true }).signal?.aborted).toBe(true);
});

it("passes on the signal and the request id of a call of this package's handlers", () => {
  const { signal } = new AbortController();
  const call = { signal, deadlineMs: Infinity, requestId: 'made-here', headers: {} };
  expect(fromCall(call)).toEqual({ signal, metadata: { 'x-request-id': ['made-here'] } });
});

it('names the caller, and does not pass on its credentials', () => {
  const { signal } = new AbortController();
  const headers = { authorization: ['Bearer secret'], 'x-on-behalf-of': ['jwt:boss'] };
  const call = { signal, deadlineMs: Infinity, requestId: 'r', headers };
  const principal = { kind: 'jwt', subject: 'Zoë/7\ud800' };
  expect(fromCall({ ...call, principal }).metadata).toEqual({
    'x-request-id': ['r'],
    'x-on-behalf-of': 'jwt:Zo%C3%AB%2F7%EF%BF%BD',
  });
  expect(fromCall({ ...call, principal: undefined }).metadata).toEqual({ 'x-request-id': ['r'] });
});

describe('the trace context of a call on behalf of another', () => {
  const { signal } = new AbortController();

  function sent(headers: HandledCall['headers']): Readonly<Record<string, unknown>> {
    return fromCall({ signal, deadlineMs: Infinity, requestId: 'r', headers }).metadata ?? {};
  }

  it('is a child with the same trace id, flags and tracestate, and a new parent id', () => {
    const tracestate = ['congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7'];
    const [one, other] = [1, 2].map(() => sent({ traceparent: [TRACE_PARENT], tracestate }));
    expect(one).toMatchObject({ traceparent: expect.stringMatching(CHILD) as string, tracestate });
    const parents = [TRACE_PARENT, one?.['traceparent'], other?.['traceparent']];
    expect(new Set(parents).size).toBe(3);
  });

  it('has version 00 also for a caller with a later version', () => {
    const later = `cc-${TRACE_ID}-00f067aa0ba902b7-01-what-comes-later`;
    expect(sent({ traceparent: [later] })['traceparent']).toMatch(CHILD);
  });

  it.each([
    ['no trace id', '00-ab-cd-01'],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE_ID}-00f067aa0ba902b7-01`],
    ['upper-case digits', TRACE_PARENT.toUpperCase()],
    ['text after the flags of version 00', `${TRACE_PARENT}-more`],
    ['nothing', ''],
  ])('is left out, together with tracestate, when traceparent has %s', (_, traceparent) => {
    const headers = { traceparent: [traceparent], tracestate: ['congo=1'] };
    expect(sent(headers)).toEqual({ 'x-request-id': ['r'] });
  });

  it('is left out when there are several traceparents, or only a tracestate', () => {
    expect(sent({ traceparent: [TRACE_PARENT, TRACE_PARENT] })).not.toHaveProperty('traceparent');
    expect(sent({ tracestate: ['congo=1'] })).toEqual({ 'x-request-id': ['r'] });
  });
});
