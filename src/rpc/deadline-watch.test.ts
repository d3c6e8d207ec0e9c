import { CallList } from './call-list.js';
import { DeadlineWatch, type CallWithDeadline } from './deadline-watch.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const calls = new CallList<CallWithDeadline>();
const watch = new DeadlineWatch(calls);
const ended: string[] = [];

function start(name: string, timeoutMs: number): CallWithDeadline {
  const call = {
    ...{ previous: undefined, next: undefined, ended: false },
    deadlineMs: Date.now() + timeoutMs,
    abort: () => {
      ended.push(name);
      call.ended = true;
      calls.remove(call);
    },
  };
  calls.add(call);
  watch.start(call);
  return call;
}

it('ends each call at its deadline, whatever their order', () => {
  start('second', 2000);
  start('first', 1000);
  start('third', 30_000);
  start('never', Infinity);
  jest.advanceTimersByTime(999);
  expect(ended).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(ended).toEqual(['first']);
  jest.advanceTimersByTime(1000);
  expect(ended).toEqual(['first', 'second']);
  jest.advanceTimersByTime(27_999);
  expect(ended).toHaveLength(2);
  jest.advanceTimersByTime(1);
  expect(ended).toEqual(['first', 'second', 'third']);
  jest.advanceTimersByTime(2 ** 32);
  expect(ended).toHaveLength(3);
});

it('sets one timer for calls with the same timeout', () => {
  for (let index = 0; index < 100; index += 1) start(String(index), 1000);
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(1000);
  expect(jest.getTimerCount()).toBe(0);
});

it('ends a call whose deadline is beyond the longest timer of Node', () => {
  ended.length = 0;
  const days = 24 * 60 * 60 * 1000;
  start('late', 60 * days);
  jest.advanceTimersByTime(60 * days - 1);
  expect(ended).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(ended).toEqual(['late']);
});
