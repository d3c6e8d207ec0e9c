import type { handleServerStreamingCall } from '@grpc/grpc-js';
import type { Call } from './call.js';
import type { Open } from './open-call.js';
import { sendAnswers, type Answers } from './responses.js';
import { Undecodable } from './wire-definition.js';

/** Answers one request with a stream; most often an async generator. */
export type ServerStreamHandler<Req, Res> = (request: Req, call: Call) => Answers<Res>;

/** The grpc-js handler for a server-streaming method. */
export function serverStream<Req, Res>(
  open: Open,
  handler: ServerStreamHandler<Req, Res>,
): handleServerStreamingCall<Req, Res> {
  return (call) => {
    const opened = open(call, 1);
    void sendAnswers(call, opened, () => {
      if (call.request instanceof Undecodable) throw call.request.refusal();
      return handler(call.request, opened);
    });
  };
}
