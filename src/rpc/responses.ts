import { status, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import type { OpenCall } from './open-call.js';
import { errorForLog, plainStatus, statusOf, type CallStatus } from './status.js';
import { watchStream } from './watch-stream.js';
import { encoderOf } from './wire-definition.js';

/** What a streaming handler yields: an answer (message or wire form), or several in an array. */
export type Answers<Res> = AsyncIterable<Res | Uint8Array | readonly (Res | Uint8Array)[]>;

type AnswerStream = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/**
 * Sends what a handler yields, then the status. Never rejects. Asks for more only while the client
 * has room; calls `return()` of the answers if the call is over before they are.
 */
export async function sendAnswers<Res>(
  call: AnswerStream,
  opened: OpenCall,
  answers: () => Answers<Res>,
): Promise<void> {
  watchStream(call, opened);
  opened.sendStatus = (code, details) => {
    endWith(call, plainStatus(code, details, opened.requestId));
  };
  try {
    await sendAll(call, opened, answers()[Symbol.asyncIterator]());
    if (!opened.over) await finish(call, opened);
  } catch (error) {
    refuse(call, opened, error);
  }
  opened.settle();
}

async function sendAll(
  call: AnswerStream,
  opened: OpenCall,
  answers: AsyncIterator<unknown>,
): Promise<void> {
  let abandoned: Promise<unknown> | undefined;
  const abandon = (): void => {
    abandoned ??= answers.return?.().catch(() => undefined);
  };
  const offAbort = opened.onAbort(abandon);
  try {
    for (;;) {
      const next = await answers.next();
      if (next.done === true || opened.over) break;
      await sendPage(call, opened, next.value).catch((error: unknown) => {
        abandon();
        throw error;
      });
    }
  } finally {
    offAbort();
    await abandoned;
  }
}

async function sendPage(call: AnswerStream, opened: OpenCall, value: unknown): Promise<void> {
  const page: readonly unknown[] = Array.isArray(value) ? value : [value];
  const encode = encoderOf(opened.method);
  for (const answer of page) {
    const hasRoom = call.write(encode(answer));
    opened.sent += 1;
    // Waiting only when there is no room keeps a page from costing a promise a message.
    if (!hasRoom) await room(call, opened);
    if (opened.over) return;
  }
}

/** Resolves when the client has read on, or the call is over: `drain` alone may never come. */
function room(call: AnswerStream, opened: OpenCall): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      offAbort();
      resolve();
    };
    call.on('drain', done);
    const offAbort = opened.onAbort(done);
  });
}

/** Ends the stream with OK, once all answers have been taken. */
function finish(call: AnswerStream, opened: OpenCall): Promise<void> {
  return new Promise((resolve) => {
    call.once('finish', () => {
      opened.end(status.OK);
      resolve();
    });
    opened.onAbort(resolve);
    call.end();
  });
}

function refuse(call: AnswerStream, opened: OpenCall, error: unknown): void {
  if (opened.over) return;
  const refusal = statusOf(error, opened.requestId);
  endWith(call, refusal);
  opened.end(refusal.code, errorForLog(error));
}

/** The way of grpc-js to end a stream with a status: an error event that destroys nothing. */
export function endWith(call: AnswerStream, end: CallStatus): void {
  call.emit('error', end);
}
