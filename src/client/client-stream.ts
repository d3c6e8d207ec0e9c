import type { CallPlan } from './call-plan.js';
import { writerFor, type RequestWriter } from './request-writer.js';
import { SingleResponseExchange } from './single-response.js';
import type { WireCall } from './wire-call.js';

/** Sends the messages of an iterable and resolves with the only message of the response. */
export function callClientStream(
  plan: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    new ClientStreamExchange(plan, messages, resolve, reject).begin();
  });
}

class ClientStreamExchange extends SingleResponseExchange {
  readonly #writer: RequestWriter;

  constructor(
    plan: CallPlan,
    messages: Iterable<unknown> | AsyncIterable<unknown>,
    resolve: (response: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(plan, resolve, reject);
    this.#writer = writerFor(plan, messages, (error) => {
      this.abandon(error);
    });
  }

  protected send(call: WireCall): void {
    call.startRead();
    this.#writer.attach(call);
  }

  protected override prepareRetry(): boolean {
    this.#writer.detach();
    return super.prepareRetry() && this.#writer.canRestart;
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
