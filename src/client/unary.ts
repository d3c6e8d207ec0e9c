import { status } from '@grpc/grpc-js';
import { Exchange, type CallPlan, type WireCall } from './exchange.js';

/** Resolves with the only message of the answer. */
export function callUnary(plan: CallPlan, request: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = plan.method.encode(request);
    new UnaryExchange(plan, body, resolve, reject).begin();
  });
}

/** A call whose answer is one message. */
export abstract class SingleAnswerExchange extends Exchange {
  readonly #resolve: (answer: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #answer: Buffer | undefined;

  constructor(
    plan: CallPlan,
    resolve: (answer: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(plan);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onReceiveMessage(bytes: Buffer): void {
    if (this.ended) return;
    if (this.#answer === undefined) this.#answer = bytes;
    else this.abandon(this.error(status.INTERNAL, 'the server sent more than one answer'));
  }

  protected prepareRepeat(): boolean {
    this.#answer = undefined;
    return true;
  }

  protected completed(): void {
    if (this.#answer === undefined) {
      this.failed(this.error(status.INTERNAL, 'the server sent no answer'));
      return;
    }
    try {
      this.#resolve(this.plan.method.decode(this.#answer));
    } catch (cause) {
      this.failed(this.error(status.INTERNAL, 'the answer cannot be read', undefined, cause));
    }
  }

  protected failed(error: unknown): void {
    this.#reject(error);
  }
}

class UnaryExchange extends SingleAnswerExchange {
  readonly #body: Buffer;

  constructor(
    plan: CallPlan,
    body: Buffer,
    resolve: (answer: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(plan, resolve, reject);
    this.#body = body;
  }

  protected send(call: WireCall): void {
    call.startRead();
    call.sendMessageWithContext({}, this.#body);
    call.halfClose();
  }
}
