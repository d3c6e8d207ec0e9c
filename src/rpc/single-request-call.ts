import { AsyncResource } from 'node:async_hooks';
import { Code } from './code.js';
import { undecodable } from './decode.js';
import { ServerCall } from './server-call.js';
import { plainStatus } from './status.js';

/** A call with one request message. Its handler runs once the client has half-closed. */
export abstract class SingleRequestCall extends ServerCall {
  #request: Buffer | undefined;
  #context: AsyncResource | undefined;

  /** Runs the handler, in the async context that the middleware called `next` in. */
  protected abstract handle(request: Buffer): void;

  protected override get awaitsRequests(): boolean {
    return !this.handling;
  }

  protected override get keptRequestBytes(): number {
    return this.#request?.length ?? 0;
  }

  override run(): void {
    this.#context = new AsyncResource('RPC');
    this.wire.read();
  }

  override onHalfClose(insideMessage: boolean): void {
    if (this.ended) return;
    if (insideMessage) this.fail(undecodable('the client half-closed before its end'));
    else if (this.#request === undefined) this.#refuse('the client sent no request message');
    else this.turns.run(this);
  }

  /** Runs the handler, unless the call has ended meanwhile. */
  runInTurn(): void {
    if (this.ended) return;
    if (this.deadlineMs === Infinity || Date.now() < this.deadlineMs) {
      this.#context?.runInAsyncScope(this.#start, this);
    } else {
      this.abort(Code.DEADLINE_EXCEEDED, 'the deadline has passed');
    }
  }

  protected override takeMessage(bytes: Buffer): void {
    if (this.ended) return;
    if (this.#request !== undefined) {
      this.#refuse('the client sent more than one request message');
      return;
    }
    this.#request = bytes;
    this.wire.read();
  }

  #start(): void {
    this.handling = true;
    if (this.#request !== undefined) this.handle(this.#request);
  }

  /** A wrong number of messages: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  #refuse(details: string): void {
    this.finish(plainStatus(Code.UNIMPLEMENTED, details, this.requestId));
  }
}
