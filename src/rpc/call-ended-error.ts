import { Code } from './code.js';

/** Thrown by `requests` when the call has already ended; also the `reason` of its AbortSignal. */
export class CallEndedError extends Error {
  override readonly name = 'CallEndedError';
  readonly code: Code;

  /** @param code the gRPC status that the call ended with */
  constructor(code: Code) {
    super(`the call has ended: ${Code[code]}`);
    this.code = code;
  }
}
