import type { Call } from './call.js';
import { RequestReader, type Requests } from './requests.js';
import { sendResponses, type Responses } from './responses.js';
import { ServerCall } from './server-call.js';

/**
 * Responds to a stream of requests with a stream; usually an async generator that loops over the
 * requests. While the client does not read, the handler is not resumed, and so does not read either.
 */
export type BidiStreamHandler<Req, Res> = (requests: Requests<Req>, call: Call) => Responses<Res>;

/** A bidirectional streaming call. */
export class BidiStreamCall extends ServerCall {
  readonly #requests = new RequestReader(this, this.wire, this.target);

  override run(): void {
    this.handling = true;
    const handler = this.target.handler as BidiStreamHandler<unknown, unknown>;
    void sendResponses(this, this.wire, this.target, () => handler(this.#requests, this));
  }

  protected override get awaitsRequests(): boolean {
    return this.#requests.isWaiting;
  }

  protected override get keptRequestBytes(): number {
    return this.#requests.heldBytes;
  }

  override onHalfClose(insideMessage: boolean): void {
    this.#requests.onHalfClose(insideMessage);
  }

  protected override takeMessage(bytes: Buffer): void {
    this.#requests.onMessage(bytes);
  }
}
