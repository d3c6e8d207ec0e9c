import { hasSecret, parseKey, type SentKey } from '../../directory/keys.js';
import type { KeyRow } from '../../directory/store.js';
import type { Principal } from '../../rpc/index.js';
import type { TokenVerifier } from './authenticator.js';
import type { CachedKeys } from './cached-keys.js';
import { InvalidCredential } from './refusals.js';

/** Checks keys of the store: `pgk_...`. */
export function keyVerifier(
  keys: CachedKeys,
  nowMs: () => number = () => Date.now(),
): TokenVerifier {
  const principals = new WeakMap<KeyRow, Principal>();

  function principalOf(row: KeyRow, sent: SentKey): Principal {
    // The secret first: others learn nothing of a key.
    if (!hasSecret(row, sent)) throw new InvalidCredential('the secret of the key is wrong');
    if (row.revokedAtMs !== undefined) throw new InvalidCredential('the key was revoked');
    if (row.expiresAtMs !== undefined && row.expiresAtMs <= nowMs()) {
      throw new InvalidCredential('the key has expired');
    }
    let principal = principals.get(row);
    if (principal === undefined) {
      const { id: subject, name, scopes } = row;
      principal = { kind: 'key', subject, name, scopes: new Set(scopes) };
      principals.set(row, principal);
    }
    return principal;
  }

  return {
    known: (token) => {
      const sent = requireKey(token);
      const row = keys.known(sent.id);
      return row === undefined ? undefined : principalOf(row, sent);
    },
    verify: async (token) => {
      const sent = requireKey(token);
      const row = await keys.findKey(sent.id);
      if (row === undefined) throw new InvalidCredential('no key has this id');
      return principalOf(row, sent);
    },
  };
}

function requireKey(token: string): SentKey {
  const sent = parseKey(token);
  if (sent === undefined) throw new InvalidCredential('not a key');
  return sent;
}
