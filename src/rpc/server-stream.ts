import type { Call } from './call.js';
import { sendResponses, type Responses } from './responses.js';
import { SingleRequestCall } from './single-request-call.js';

/** Responds to one request with a stream; usually an async generator. */
export type ServerStreamHandler<Req, Res> = (request: Req, call: Call) => Responses<Res>;

/** A server-streaming call. */
export class ServerStreamCall extends SingleRequestCall {
  protected override handle(request: Buffer): void {
    const handler = this.target.handler as ServerStreamHandler<unknown, unknown>;
    void sendResponses(this, this.wire, this.target, () =>
      handler(this.target.decode(request), this),
    );
  }
}
