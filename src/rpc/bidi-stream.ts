import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import type { Call } from './call.js';
import type { Open } from './open-call.js';
import { requestsOf, type Requests } from './requests.js';
import { sendAnswers, type Answers } from './responses.js';

/**
 * Answers a stream of requests with a stream; most often an async generator that loops over the
 * requests. While the client does not read, the handler is not asked for more, and so does not read.
 */
export type BidiStreamHandler<Req, Res> = (requests: Requests<Req>, call: Call) => Answers<Res>;

/** The grpc-js handler for a bidirectional method. */
export function bidiStream<Req, Res>(
  open: Open,
  handler: BidiStreamHandler<Req, Res>,
): handleBidiStreamingCall<Req, Res> {
  return (call) => {
    const opened = open(call, 0);
    void sendAnswers(call, opened, () => handler(requestsOf<Req>(call, opened), opened));
  };
}
