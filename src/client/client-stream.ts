import type { CallPlan, WireCall } from './exchange.js';
import { writerFor, type RequestWriter } from './request-writer.js';
import { SingleAnswerExchange } from './unary.js';

/** Sends the messages of an iterable and resolves with the only message of the answer. */
export function callClientStream(
  plan: CallPlan,
  messages: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    new ClientStreamExchange(plan, messages, resolve, reject).begin();
  });
}

class ClientStreamExchange extends SingleAnswerExchange {
  readonly #writer: RequestWriter;

  constructor(
    plan: CallPlan,
    messages: Iterable<unknown> | AsyncIterable<unknown>,
    resolve: (answer: unknown) => void,
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

  protected override prepareRepeat(): boolean {
    this.#writer.detach();
    return super.prepareRepeat() && this.#writer.canRestart;
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
