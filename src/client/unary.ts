import type { CallPlan } from './call-plan.js';
import { SingleResponseExchange } from './single-response.js';
import type { WireCall } from './wire-call.js';

/** Sends one message and resolves with the only message of the response. */
export function callUnary(plan: CallPlan, request: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = plan.method.encode(request);
    new UnaryExchange(plan, body, resolve, reject).begin();
  });
}

class UnaryExchange extends SingleResponseExchange {
  readonly #body: Buffer;

  constructor(
    plan: CallPlan,
    body: Buffer,
    resolve: (response: unknown) => void,
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
