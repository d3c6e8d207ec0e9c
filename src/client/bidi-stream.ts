import type { CallPlan } from './call-plan.js';
import type { ResponseStream } from './definition.js';
import { writerFor, type RequestWriter } from './request-writer.js';
import { StreamedResponseExchange } from './streamed-response.js';
import type { WireCall } from './wire-call.js';

/** Sends the messages of an iterable while the messages of the response are read. */
export function callBidiStream(
  plan: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): ResponseStream<unknown> {
  return new BidiStreamExchange(plan, messages);
}

class BidiStreamExchange extends StreamedResponseExchange {
  readonly #writer: RequestWriter;

  constructor(plan: CallPlan, messages: Iterable<unknown> | AsyncIterable<unknown>) {
    super(plan);
    this.#writer = writerFor(plan, messages, (error) => {
      this.abandon(error);
    });
  }

  protected override send(call: WireCall): void {
    super.send(call);
    this.#writer.attach(call);
  }

  // Sent messages are not kept: a stream may be endless.
  protected override prepareRetry(): boolean {
    return false;
  }

  protected override completed(): void {
    this.#writer.stop();
    super.completed();
  }

  protected override failed(error: unknown): void {
    this.#writer.stop();
    super.failed(error);
  }
}
