import { headerText, type Call, type Headers, type Principal } from '../../rpc/index.js';
import type { FailedLogins } from './failed-logins.js';
import { InvalidCredential } from './refusals.js';

/** Finds out who calls. */
export interface Authenticator {
  /**
   * The caller; a promise only if that takes more than a look into memory. Throws or rejects with
   * InvalidCredential; any other error means that the credentials could not be checked.
   */
  authenticate(call: Call): Principal | Promise<Principal>;
  /** As authenticate(), for a call whose caller was known; a failure is not a failed login. */
  checkAgain(call: Call): Principal | Promise<Principal>;
  /** Stops watching files. */
  close?(): void;
}

/** Checks bearer tokens. */
export interface TokenVerifier {
  /** The caller with a token that is known to be valid; undefined for one that must be verified. */
  known(token: string): Principal | undefined;
  /** Rejects with InvalidCredential; any other error means that it could not be verified. */
  verify(token: string): Promise<Principal>;
  close?(): void;
}

/** Longer tokens are not looked at; those of usual issuers have 1 to 2 KB. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** `Bearer TOKEN`: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i;

/** Takes callers by the bearer token in `authorization`. */
export function bearerAuthenticator(
  verifier: TokenVerifier,
  failedLogins: FailedLogins,
): Authenticator {
  function failed(error: unknown, peer: string): unknown {
    if (!(error instanceof InvalidCredential)) return error;
    failedLogins.check(peer);
    failedLogins.add(peer);
    return error;
  }

  function known(token: string, peer: string): Principal | undefined {
    try {
      return verifier.known(token);
    } catch (error) {
      throw failed(error, peer);
    }
  }

  async function verify(token: string, peer: string): Promise<Principal> {
    failedLogins.check(peer);
    try {
      return await verifier.verify(token);
    } catch (error) {
      throw failed(error, peer);
    }
  }

  return {
    authenticate: ({ headers, peer }) => {
      const token = bearerToken(headers);
      return known(token, peer) ?? verify(token, peer);
    },
    checkAgain: ({ headers }) => {
      const token = bearerToken(headers);
      return verifier.known(token) ?? verifier.verify(token);
    },
    close: () => verifier.close?.(),
  };
}

function bearerToken(headers: Headers): string {
  const value = headerText(headers, 'authorization');
  if (value === undefined) throw new InvalidCredential('no token');
  if (headers['authorization']?.length !== 1) throw new InvalidCredential('several tokens');
  if (value.length > MAX_TOKEN_LENGTH) throw new InvalidCredential('the token is too long');
  const token = BEARER.exec(value)?.[1];
  if (token === undefined) throw new InvalidCredential('not a bearer token');
  return token;
}
