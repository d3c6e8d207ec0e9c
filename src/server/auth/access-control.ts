import { DirectoryError } from '../../directory/errors.js';
import { isLoopback } from '../../host-port.js';
import type { Call, Middleware, Principal } from '../../rpc/index.js';
import { limitedWarning } from '../limited-warning.js';
import type { Log } from '../log.js';
import type { Authenticator } from './authenticator.js';
import type { LimitedCallers } from './caller-limits.js';
import { ANY_SCOPE, ANYONE, type MethodRule } from './method-rules.js';
import {
  cannotCheckCredentials,
  InvalidCredential,
  permissionDenied,
  tooManyFailedLogins,
  unauthenticated,
} from './refusals.js';
import { checkStream } from './stream-check.js';

/** What access control works with. */
export interface AccessOptions {
  readonly rules: ReadonlyMap<string, MethodRule>;
  readonly authenticator: Authenticator;
  readonly callers: LimitedCallers;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Lets only those calls pass whose caller is known and has the scope of the method. It runs when the
 * headers have arrived: nothing is read of a call that is refused. A method without a rule is one
 * that the server does not have, and ends as such.
 */
export function accessControl({ rules, authenticator, callers, log }: AccessOptions): Middleware {
  // Two, so that refusals do not suppress the line about a failure.
  const warnOfRefusal = limitedWarning(log);
  const warnOfFailure = limitedWarning(log);

  function admit(call: Call, rule: MethodRule, principal: Principal): void {
    call.principal = principal;
    if (!isAllowed(principal, rule)) throw permissionDenied(rule.scope);
    callers.admit(principal, rule, call);
    if (rule.isStream) checkStream(call, authenticator, (caller) => isAllowed(caller, rule));
  }

  function refusal({ peer, requestId }: Call, { scope }: MethodRule, error: unknown): unknown {
    if (error instanceof InvalidCredential) {
      warnOfRefusal({ peer, requestId, reason: error.message }, 'credentials refused');
      return unauthenticated(scope);
    }
    if (isRefusal(error)) return error;
    warnOfFailure({ requestId, err: error }, 'credentials could not be checked');
    return cannotCheckCredentials();
  }

  async function admitLater(
    call: Call,
    rule: MethodRule,
    pending: Promise<Principal>,
    next: () => void,
  ): Promise<void> {
    let principal: Principal;
    try {
      principal = await pending;
    } catch (error) {
      throw refusal(call, rule, error);
    }
    // Whoever has gone meanwhile must not count as a caller with an open stream.
    if (call.cancellation.aborted) return;
    admit(call, rule, principal);
    next();
  }

  return (call, next) => {
    const rule = rules.get(call.method);
    if (rule === undefined || isOpen(call, rule)) {
      next();
      return undefined;
    }
    let found: Principal | Promise<Principal>;
    try {
      found = authenticator.authenticate(call);
    } catch (error) {
      throw refusal(call, rule, error);
    }
    if (found instanceof Promise) return admitLater(call, rule, found, next);
    admit(call, rule, found);
    next();
    return undefined;
  };
}

function isOpen({ peer }: Call, { scope, openOnLoopback }: MethodRule): boolean {
  if (scope === ANYONE) return true;
  return openOnLoopback && isLoopback(peer.slice(0, peer.lastIndexOf(':')));
}

function isAllowed({ scopes }: Principal, { scope }: MethodRule): boolean {
  return scope === ANY_SCOPE ? scopes.size > 0 : scopes.has(scope);
}

/** Whether the caller is to wait; what the store says about itself is not for callers without access. */
function isRefusal(error: unknown): boolean {
  return error instanceof DirectoryError && error.code === tooManyFailedLogins(0).code;
}
