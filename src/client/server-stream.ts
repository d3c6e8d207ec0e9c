import type { CallPlan } from './call-plan.js';
import type { ResponseStream } from './definition.js';
import { StreamedResponseExchange } from './streamed-response.js';
import type { WireCall } from './wire-call.js';

/** Sends one message; the call begins with the first `next()` of the response. */
export function callServerStream(plan: CallPlan, request: unknown): ResponseStream<unknown> {
  return new ServerStreamExchange(plan, plan.method.encode(request));
}

class ServerStreamExchange extends StreamedResponseExchange {
  readonly #body: Buffer;

  constructor(plan: CallPlan, body: Buffer) {
    super(plan);
    this.#body = body;
  }

  protected override send(call: WireCall): void {
    super.send(call);
    call.sendMessageWithContext({}, this.#body);
    call.halfClose();
  }
}
