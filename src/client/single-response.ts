import { status } from '@grpc/grpc-js';
import type { CallPlan } from './call-plan.js';
import { Exchange } from './exchange.js';

/** A call whose response is one message: what unary and client-streaming calls share. */
export abstract class SingleResponseExchange extends Exchange {
  readonly #resolve: (response: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #response: Buffer | undefined;

  constructor(
    plan: CallPlan,
    resolve: (response: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(plan);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onReceiveMessage(bytes: Buffer): void {
    if (this.ended) return;
    if (this.#response === undefined) {
      this.#response = bytes;
    } else {
      this.abandon(this.error(status.INTERNAL, 'the server sent more than one response message'));
    }
  }

  protected prepareRetry(): boolean {
    this.#response = undefined;
    return true;
  }

  protected completed(): void {
    if (this.#response === undefined) {
      this.failed(this.error(status.INTERNAL, 'the server sent no response message'));
      return;
    }
    try {
      this.#resolve(this.plan.method.decode(this.#response));
    } catch (cause) {
      const details = 'the response message cannot be decoded';
      this.failed(this.error(status.INTERNAL, details, undefined, cause));
    }
  }

  protected failed(error: unknown): void {
    this.#reject(error);
  }
}
