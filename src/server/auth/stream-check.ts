import { Code, type Call, type Principal } from '../../rpc/index.js';
import type { Authenticator } from './authenticator.js';
import { InvalidCredential } from './refusals.js';

/** How often the caller of an open stream is checked. */
const INTERVAL_MS = 5000;

/**
 * Ends an open stream when its credentials have expired or were revoked, or when its caller has lost
 * the scope. The status is UNAVAILABLE, because a new call with new credentials may succeed, and
 * clients make it by themselves. While the credentials cannot be checked, the stream goes on.
 */
export function checkStream(
  call: Call,
  authenticator: Authenticator,
  isAllowed: (principal: Principal) => boolean,
): void {
  const isStillAllowed = async (): Promise<boolean> => {
    try {
      return isAllowed(await authenticator.checkAgain(call));
    } catch (error) {
      return !(error instanceof InvalidCredential);
    }
  };
  const look = async (): Promise<void> => {
    const isAllowedNow = await isStillAllowed();
    if (hasEnded) return;
    if (isAllowedNow) timer.refresh();
    else call.abort(Code.UNAVAILABLE, 'the credentials of this call are no longer valid');
  };
  let hasEnded = false;
  const timer = setTimeout(() => void look(), INTERVAL_MS).unref();
  call.onEnd(() => {
    hasEnded = true;
    clearTimeout(timer);
    return undefined;
  });
}
