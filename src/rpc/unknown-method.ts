import { status, type handleBidiStreamingCall } from '@grpc/grpc-js';
import type { Open } from './open-call.js';
import { endWith } from './responses.js';
import { plainStatus } from './status.js';

/** The longest method name that is told again. */
const longestName = 200;

/** The grpc-js handler for methods that a server does not have: UNIMPLEMENTED, whatever their kind. */
export function unknownMethod(open: Open): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const opened = open(call, 0);
    const name = opened.method.slice(0, longestName);
    const details = `this server has no method ${name}`;
    endWith(call, plainStatus(status.UNIMPLEMENTED, details, opened.requestId));
    opened.end(status.UNIMPLEMENTED);
    opened.settle();
  };
}
