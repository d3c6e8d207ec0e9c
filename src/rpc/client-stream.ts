import type { handleClientStreamingCall } from '@grpc/grpc-js';
import type { Call } from './call.js';
import type { Open } from './open-call.js';
import { requestsOf, type Requests } from './requests.js';
import { plainStatus } from './status.js';
import { watchStream } from './watch-stream.js';
import { fail, succeed } from './unary.js';

/**
 * Answers a stream of requests. It may answer before the client has half-closed. A cancelled call is
 * told by a throw of the requests: what must happen only for a complete stream goes after the loop.
 */
export type ClientStreamHandler<Req, Res> = (
  requests: Requests<Req>,
  call: Call,
) => Promise<Res | Uint8Array>;

/** The grpc-js handler for a client-streaming method. */
export function clientStream<Req, Res>(
  open: Open,
  handler: ClientStreamHandler<Req, Res>,
): handleClientStreamingCall<Req, Res> {
  return (call, callback) => {
    const opened = open(call, 0);
    watchStream(call, opened);
    opened.sendStatus = (code, details) => {
      callback(plainStatus(code, details, opened.requestId));
    };
    answer(() => handler(requestsOf(call, opened), opened)).then(
      (value) => {
        succeed(opened, callback, value);
      },
      (error: unknown) => {
        fail(opened, callback, error);
      },
    );
  };
}

/** Turns what is thrown at once into a rejection. */
async function answer<T>(run: () => Promise<T>): Promise<T> {
  return run();
}
