import type { Call } from './call.js';
import { SingleRequestCall } from './single-request-call.js';

/**
 * Responds to one request: with a message, or with a Uint8Array that holds one in wire form. A
 * handler that does not wait may return without a promise.
 */
export type UnaryHandler<Req, Res> = (
  request: Req,
  call: Call,
) => Promise<Res | Uint8Array> | Res | Uint8Array;

/** A unary call. */
export class UnaryCall extends SingleRequestCall {
  override get isUnary(): boolean {
    return true;
  }

  protected override handle(request: Buffer): void {
    const handler = this.target.handler as UnaryHandler<unknown, unknown>;
    try {
      const response = handler(this.target.decode(request), this);
      if (response instanceof Promise) void this.#respondLater(response);
      else this.#respond(response);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #respondLater(response: Promise<unknown>): Promise<void> {
    return response.then(
      (value) => {
        this.#respond(value);
      },
      (error: unknown) => {
        this.#refuse(error);
      },
    );
  }

  #respond(response: unknown): void {
    this.respond(response);
    this.settle();
  }

  #refuse(error: unknown): void {
    this.fail(error);
    this.settle();
  }
}
