import { status, type handleUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import type { Call } from './call.js';
import type { Open, OpenCall } from './open-call.js';
import { errorForLog, plainStatus, statusOf } from './status.js';
import { encoderOf, Undecodable } from './wire-definition.js';

/** Answers one request; a handler that need not wait may return its answer without a promise. */
export type UnaryHandler<Req, Res> = (
  request: Req,
  call: Call,
) => Promise<Res | Uint8Array> | Res | Uint8Array;

/** The grpc-js handler for a unary method. Sets up nothing that the call does not use. */
export function unary<Req, Res>(
  open: Open,
  handler: UnaryHandler<Req, Res>,
): handleUnaryCall<Req, Res> {
  return (call, callback) => {
    const opened = open(call, 1);
    let answer: ReturnType<typeof handler>;
    try {
      if (call.request instanceof Undecodable) throw call.request.refusal();
      answer = handler(call.request, opened);
    } catch (error) {
      fail(opened, callback, error);
      return;
    }
    if (!(answer instanceof Promise)) {
      succeed(opened, callback, answer);
      return;
    }
    call.once('cancelled', () => {
      opened.cancelled();
    });
    opened.sendStatus = (code, details) => {
      callback(plainStatus(code, details, opened.requestId));
    };
    answer.then(
      (value) => {
        succeed(opened, callback, value);
      },
      (error: unknown) => {
        fail(opened, callback, error);
      },
    );
  };
}

/** Answers a call whose answer is one message. */
export function succeed<Res>(
  opened: OpenCall,
  callback: sendUnaryData<Res>,
  answer: Res | Uint8Array,
): void {
  if (!opened.over) {
    let bytes: unknown;
    try {
      bytes = encoderOf(opened.method)(answer);
    } catch (error) {
      fail(opened, callback, error);
      return;
    }
    callback(null, bytes as Res);
    opened.sent = 1;
    opened.end(status.OK);
  }
  opened.settle();
}

/** Refuses a call whose answer would have been one message. */
export function fail<Res>(opened: OpenCall, callback: sendUnaryData<Res>, error: unknown): void {
  if (!opened.over) {
    const refusal = statusOf(error, opened.requestId);
    callback(refusal);
    opened.end(refusal.code, errorForLog(error));
  }
  opened.settle();
}
