import { CallList, type ActiveCall } from './call-list.js';
import { Code } from './code.js';

function fakeCall(aborted: ActiveCall[]): ActiveCall {
  const call: ActiveCall = {
    previous: undefined,
    next: undefined,
    abort: () => {
      aborted.push(call);
    },
  };
  return call;
}

it('holds calls that leave in any order, and keeps no reference from those that left', () => {
  const aborted: ActiveCall[] = [];
  const list = new CallList();
  const calls = Array.from({ length: 5 }, () => fakeCall(aborted));
  for (const call of calls) list.add(call);
  const [first, second, third, fourth, last] = calls as [
    ActiveCall,
    ActiveCall,
    ActiveCall,
    ActiveCall,
    ActiveCall,
  ];
  for (const call of [third, last, first]) {
    list.remove(call);
    expect([call.previous, call.next]).toEqual([undefined, undefined]);
  }
  expect(list.size).toBe(2);
  list.abortAll(Code.UNAVAILABLE, 'stopping');
  expect(new Set(aborted)).toEqual(new Set([second, fourth]));
});

it('is idle once the last call has left', async () => {
  const list = new CallList();
  await list.idle();
  const calls = [fakeCall([]), fakeCall([])];
  for (const call of calls) list.add(call);
  let idle = false;
  const waiting = list.idle().then(() => (idle = true));
  for (const call of calls) {
    await Promise.resolve();
    expect(idle).toBe(false);
    list.remove(call);
  }
  await waiting;
});
