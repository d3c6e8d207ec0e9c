import { RequestWriter, type RequestSource } from './request-writer.js';
import type { WireCall } from './wire-call.js';

/** A call that records what is sent to it, and acknowledges a message with `acknowledge()`. */
function wire(): { call: WireCall; sent: string[]; acknowledge: () => void } {
  const sent: string[] = [];
  const callbacks: (() => void)[] = [];
  const call = {
    sendMessageWithContext: ({ callback }: { callback: () => void }, bytes: Buffer) => {
      sent.push(bytes.toString());
      callbacks.push(callback);
    },
    halfClose: () => sent.push('END'),
  };
  const acknowledge = (): void => callbacks.shift()?.();
  return { call: call as unknown as WireCall, sent, acknowledge };
}

function writerOf(messages: Iterable<string>, keep = false): RequestWriter {
  const source: RequestSource = {
    messages,
    encode: (message) => Buffer.from(String(message)),
    window: 2,
    keep,
    onError: (error) => {
      throw error;
    },
  };
  return new RequestWriter(source);
}

it('sends one message until it is acknowledged, and then as many as the window allows', () => {
  const { call, sent, acknowledge } = wire();
  writerOf(['a', 'b', 'c', 'd']).attach(call);
  expect(sent).toEqual(['a']);
  acknowledge();
  expect(sent).toEqual(['a', 'b', 'c']);
  acknowledge();
  expect(sent).toEqual(['a', 'b', 'c', 'd']);
});

it('half-closes only when every message is acknowledged', () => {
  const { call, sent, acknowledge } = wire();
  writerOf(['a', 'b']).attach(call);
  acknowledge();
  expect(sent).toEqual(['a', 'b']);
  acknowledge();
  expect(sent).toEqual(['a', 'b', 'END']);
});

it('sends every message again to a second call, and ignores acknowledgements of the first', () => {
  const first = wire();
  const second = wire();
  const writer = writerOf(['a', 'b', 'c', 'd'], true);
  writer.attach(first.call);
  first.acknowledge();
  writer.detach();
  expect(writer.canRestart).toBe(true);
  writer.attach(second.call);
  first.acknowledge();
  first.acknowledge();
  expect(second.sent).toEqual(['a']);
  for (let times = 0; times < 4; times += 1) second.acknowledge();
  expect(second.sent).toEqual(['a', 'b', 'c', 'd', 'END']);
});

it('cannot send messages again that it has not kept', () => {
  const { call } = wire();
  const writer = writerOf(['a']);
  expect(writer.canRestart).toBe(true);
  writer.attach(call);
  writer.detach();
  expect(writer.canRestart).toBe(false);
});
