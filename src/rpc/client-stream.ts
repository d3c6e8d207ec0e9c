import type { Call } from './call.js';
import { RequestReader, type Requests } from './requests.js';
import { ServerCall } from './server-call.js';

/**
 * Responds to a stream of requests, also before the client has half-closed if it likes. When the call
 * is cancelled, `requests` throws: what must happen only for a complete stream belongs after the loop.
 */
export type ClientStreamHandler<Req, Res> = (
  requests: Requests<Req>,
  call: Call,
) => Promise<Res | Uint8Array>;

/** A client-streaming call. */
export class ClientStreamCall extends ServerCall {
  readonly #requests = new RequestReader(this, this.wire, this.target);

  override run(): void {
    this.handling = true;
    void this.#handle();
  }

  protected override get awaitsRequests(): boolean {
    return this.#requests.isWaiting;
  }

  protected override get keptRequestBytes(): number {
    // Its handler keeps them.
    return this.receivedBytes;
  }

  override onHalfClose(insideMessage: boolean): void {
    this.#requests.onHalfClose(insideMessage);
  }

  protected override takeMessage(bytes: Buffer): void {
    this.#requests.onMessage(bytes);
  }

  async #handle(): Promise<void> {
    const handler = this.target.handler as ClientStreamHandler<unknown, unknown>;
    try {
      this.respond(await handler(this.#requests, this));
    } catch (error) {
      this.fail(error);
    }
    this.settle();
  }
}
