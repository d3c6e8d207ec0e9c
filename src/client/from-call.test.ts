import { Metadata, status } from '@grpc/grpc-js';
import { connect, fromCall } from '../index.js';
import { closeLater, gate, rejectionOf, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

it('a cancelled call cascades, with its deadline, request id and trace', async () => {
  const reached = gate<Metadata>();
  const cancelled = gate();
  const behind = await serve({
    people: {
      getPhone: (call) => {
        call.on('cancelled', cancelled.open);
        reached.open(call.metadata);
      },
    },
  });
  const inner = closeLater(connect(behind.address));
  const innerError = gate<unknown>();
  const front = await serve({
    people: {
      getPhone: (call, callback) => {
        void inner.people.getPhone({}, fromCall(call)).catch((error: unknown) => {
          innerError.open(error);
          callback({ code: status.INTERNAL, details: 'no answer' });
        });
      },
    },
  });
  const outer = closeLater(connect(front.address));
  const controller = new AbortController();
  const metadata = { 'x-request-id': 'r-7', traceparent: '00-ab-cd-01', other: 'stays here' };
  const options = { signal: controller.signal, metadata, timeoutMs: 60_000 };
  const rejection = rejectionOf(outer.people.getPhone({}, options));
  const passedOn = await reached.opened;
  expect(passedOn.get('x-request-id')).toEqual(['r-7']);
  expect(passedOn.get('traceparent')).toEqual(['00-ab-cd-01']);
  expect(passedOn.get('other')).toEqual([]);
  controller.abort();
  await cancelled.opened;
  expect(await innerError.opened).toMatchObject({ codeName: 'CANCELLED' });
  expect(await rejection).toMatchObject({ codeName: 'CANCELLED' });
});

it('a call with a deadline leaves what is left of it', () => {
  const metadata = new Metadata();
  const call = { metadata, cancelled: false, on: jest.fn() };
  const deadline = new Date(Date.now() + 5000);
  const { timeoutMs } = fromCall({ ...call, getDeadline: () => deadline });
  expect(timeoutMs).toBeGreaterThan(4000);
  expect(timeoutMs).toBeLessThanOrEqual(5000);
  expect(fromCall({ ...call, getDeadline: () => Infinity })).not.toHaveProperty('timeoutMs');
});

it('many calls on behalf of one listen to it once; one that is over is aborted already', () => {
  const on = jest.fn();
  const call = { metadata: new Metadata(), cancelled: false, on, getDeadline: () => Infinity };
  const signals = [1, 2, 3].map(() => fromCall(call).signal);
  expect(on).toHaveBeenCalledTimes(1);
  expect(new Set(signals).size).toBe(1);
  expect(fromCall({ ...call, cancelled: true }).signal?.aborted).toBe(true);
});

it("a call of this package's handlers passes its signal and the request id it was given", () => {
  const { signal } = new AbortController();
  const call = { signal, deadlineMs: Infinity, requestId: 'made-here', metadata: new Metadata() };
  expect(fromCall(call)).toEqual({ signal, metadata: { 'x-request-id': ['made-here'] } });
});
