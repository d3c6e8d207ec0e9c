import { hash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Principal } from '../../rpc/index.js';
import type { TokenVerifier } from './authenticator.js';
import { BoundedMap } from './bounded-map.js';
import { KeysUnavailable, type IssuerKeys } from './jwks.js';
import { InvalidCredential } from './refusals.js';

/** Which tokens are accepted. */
export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  /** Names of asymmetric algorithms. */
  readonly algorithms: readonly string[];
}

/** How many verified tokens are remembered: verifying one takes 50 to 200 us. */
const MAX_TOKENS = 10_000;

/** How long: a key that the issuer has withdrawn is not used for longer. */
const MAX_AGE_MS = 5 * 60_000;

/** How much the clock of the issuer may differ, in seconds. */
const CLOCK_TOLERANCE = 5;

/** OpenID Connect limits it to 255: https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
const MAX_SUBJECT_LENGTH = 255;

interface VerifiedToken {
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Checks tokens that the issuer has signed: https://www.rfc-editor.org/rfc/rfc8725 */
export function jwtVerifier(
  rules: JwtRules,
  keys: IssuerKeys,
  nowMs: () => number = () => Date.now(),
): TokenVerifier {
  // By digest, so that the memory of the server has no tokens that others could use.
  const verified = new BoundedMap<string, VerifiedToken>(MAX_TOKENS);

  async function verify(token: string): Promise<Principal> {
    const claims = await verifiedClaims(token, rules, keys, nowMs());
    const principal = principalOf(claims);
    const untilMs = Math.min((claims.exp ?? 0) * 1000, nowMs() + MAX_AGE_MS);
    if (untilMs > nowMs()) verified.set(digestOf(token), { principal, untilMs });
    return principal;
  }

  return {
    known: (token) => {
      const digest = digestOf(token);
      const found = verified.get(digest);
      if (found === undefined || nowMs() < found.untilMs) return found?.principal;
      verified.delete(digest);
      return undefined;
    },
    verify,
    close: () => {
      keys.close();
    },
  };
}

async function verifiedClaims(
  token: string,
  { issuer, audience, algorithms }: JwtRules,
  { find }: IssuerKeys,
  nowMs: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, find, {
      issuer,
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(nowMs),
    });
    return payload;
  } catch (error) {
    if (error instanceof KeysUnavailable) throw error;
    throw new InvalidCredential(reasonOf(error), { cause: error });
  }
}

/** Why a token is invalid, without anything that it contains. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the claim "${error.claim}" of the token: ${error.reason}`;
  }
  return error instanceof errors.JOSEError ? error.code : 'the token cannot be verified';
}

function principalOf({ sub, scope, scp }: JWTPayload): Principal {
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH) {
    throw new InvalidCredential('the claim "sub" of the token: invalid');
  }
  return { kind: 'jwt', subject: sub, name: sub, scopes: new Set([...list(scope), ...list(scp)]) };
}

/** `scope` is text with spaces (RFC 8693); some issuers send `scp`, as text or as a list. */
function list(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : [];
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
