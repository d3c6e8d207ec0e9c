import { Code } from './code.js';
import { ServerCall } from './server-call.js';
import { plainStatus } from './status.js';

/** The longest method name that an error message repeats. */
const MAX_NAME_LENGTH = 200;

/** A call of a method that the server does not have: UNIMPLEMENTED, whatever its kind. */
export class UnknownMethodCall extends ServerCall {
  override run(): void {
    const details = `this server has no method ${this.method.slice(0, MAX_NAME_LENGTH)}`;
    this.finish(plainStatus(Code.UNIMPLEMENTED, details, this.requestId));
  }

  protected override get awaitsRequests(): boolean {
    return false;
  }

  protected override get keptRequestBytes(): number {
    return 0;
  }

  override onHalfClose(): void {
    // Nothing was read.
  }

  protected override takeMessage(): void {
    // Nothing was read.
  }
}
