import { deferred } from '../test-support/deferred.js';
import { RequestWriter, type RequestSource } from './request-writer.js';
import type { WireCall } from './wire-call.js';

/** A call that records what is sent to it, and acknowledges a message with `acknowledge()`. */
function wire(): { call: WireCall; sent: string[]; acknowledge: () => void } {
  const sent: string[] = [];
  const callbacks: (() => void)[] = [];
  const call = {
    sendMessageWithContext: ({ callback }: { callback: () => void }, bytes: Buffer) => {
      sent.push(textOf(bytes));
      callbacks.push(callback);
    },
    halfClose: () => sent.push('END'),
  };
  const acknowledge = (): void => callbacks.shift()?.();
  return { call: call as unknown as WireCall, sent, acknowledge };
}

/** What grpc-js puts on the wire for a piece: each message, after its length. */
function textOf(piece: Buffer): string {
  const output = Buffer.alloc(5 + piece.length);
  output.writeUInt32BE(piece.length, 1);
  piece.copy(output, 5);
  const messages: string[] = [];
  for (let at = 0; at < output.length;) {
    const length = output.readUInt32BE(at + 1);
    messages.push(output.toString('utf8', at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages.join('+');
}

type Messages = Iterable<string> | AsyncIterable<string>;

function writerOf(messages: Messages, keep = false, pieceBytes = 0): RequestWriter {
  const source: RequestSource = {
    messages,
    encode: (message) => Buffer.from(String(message)),
    window: 2,
    pieceBytes,
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

describe('small messages', () => {
  const PIECE_BYTES = 20;

  it('are joined until the piece is full', () => {
    const { call, sent, acknowledge } = wire();
    // With its length, each takes 6 bytes.
    writerOf('abcdefghij'.split(''), false, PIECE_BYTES).attach(call);
    expect(sent).toEqual(['a+b+c+d']);
    acknowledge();
    expect(sent).toEqual(['a+b+c+d', 'e+f+g+h', 'i+j']);
    acknowledge();
    acknowledge();
    expect(sent.at(-1)).toBe('END');
  });

  it('are not joined with a large one, which is sent alone', () => {
    const { call, sent, acknowledge } = wire();
    const large = 'x'.repeat(PIECE_BYTES);
    writerOf(['a', large, 'b', 'c', large, large], false, PIECE_BYTES).attach(call);
    for (let times = 0; times < 6; times += 1) acknowledge();
    expect(sent).toEqual(['a', large, 'b+c', large, large, 'END']);
  });

  it('are sent without waiting for a source that waits, but together with all that it has', async () => {
    const { call, sent, acknowledge } = wire();
    const more = deferred<string>();
    async function* source() {
      yield* ['a', 'b', 'c'];
      yield await more.promise;
      yield 'e';
    }
    writerOf(source(), false, PIECE_BYTES).attach(call);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['a+b+c']);
    acknowledge();
    more.resolve('d');
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual(['a+b+c', 'd+e']);
  });

  it('are read only as far as the window allows, also if they are empty', () => {
    const { call, sent, acknowledge } = wire();
    let pulled = 0;
    function* endless() {
      for (;;) {
        pulled += 1;
        yield '';
      }
    }
    const writer = writerOf(endless(), false, PIECE_BYTES);
    writer.attach(call);
    // Four lengths of five bytes fill a piece; the window has two.
    expect([pulled, sent.length]).toEqual([4, 1]);
    acknowledge();
    expect([pulled, sent.length]).toEqual([12, 3]);
    writer.stop();
  });

  it('are sent again in the same pieces, and then those that had not been sent', async () => {
    const [first, second] = [wire(), wire()];
    const more = deferred<string>();
    async function* source() {
      yield* ['a', 'b', 'c', 'd', 'e'];
      yield await more.promise;
    }
    const writer = writerOf(source(), true, PIECE_BYTES);
    writer.attach(first.call);
    await new Promise((resolve) => setImmediate(resolve));
    expect(first.sent).toEqual(['a+b+c+d']);
    writer.detach();
    more.resolve('f');
    await new Promise((resolve) => setImmediate(resolve));
    writer.attach(second.call);
    for (let times = 0; times < 4; times += 1) {
      second.acknowledge();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(second.sent.join('+')).toBe('a+b+c+d+e+f+END');
    expect(second.sent[0]).toBe('a+b+c+d');
  });
});
