import { DirectoryError } from '../../directory/errors.js';
import { ANY_SCOPE } from './method-rules.js';

/** The credentials of a call are missing or invalid; `message` says why, for the log alone. */
export class InvalidCredential extends Error {
  override readonly name = 'InvalidCredential';
}

/** What the caller is told of invalid credentials: the scope, and not what is wrong with them. */
export function unauthenticated(scope: string): DirectoryError {
  return new DirectoryError('unauthenticated', `this call needs credentials with ${named(scope)}`, {
    code: 'NOT_AUTHENTICATED',
  });
}

/** The caller is known, and must not do this. */
export function permissionDenied(scope: string): DirectoryError {
  return new DirectoryError('permission-denied', `this call needs ${named(scope)}`, {
    code: 'SCOPE_MISSING',
  });
}

/** What would check the credentials does not respond. */
export function cannotCheckCredentials(): DirectoryError {
  return new DirectoryError('unavailable', 'the credentials cannot be checked now', {
    code: 'CREDENTIALS_UNCHECKED',
    retryDelayMs: 1000,
  });
}

/** The address of the caller has sent invalid credentials too often. */
export function tooManyFailedLogins(retryDelayMs: number): DirectoryError {
  const text = 'too many invalid credentials were sent from this address';
  return new DirectoryError('exhausted', text, { code: 'TOO_MANY_FAILED_LOGINS', retryDelayMs });
}

/** The caller makes calls faster than one caller may. */
export function callRateExceeded(
  kind: 'reads' | 'writes',
  perSecond: number,
  retryDelayMs: number,
): DirectoryError {
  const text = `a caller may make ${perSecond} ${kind} per second`;
  return new DirectoryError('exhausted', text, { code: 'CALL_RATE_EXCEEDED', retryDelayMs });
}

/** The caller has as many streams open as one caller may. */
export function tooManyStreams(max: number): DirectoryError {
  const text = `a caller may have ${max} streams open`;
  return new DirectoryError('exhausted', text, { code: 'TOO_MANY_STREAMS', retryDelayMs: 1000 });
}

function named(scope: string): string {
  return scope === ANY_SCOPE ? 'a scope' : `the scope ${scope}`;
}
