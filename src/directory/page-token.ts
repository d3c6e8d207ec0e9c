import { createHash } from 'node:crypto';
import { invalid } from './errors.js';

/** The first byte of every token; a token of another format has another one. */
const VERSION = 1;
const TAG_BYTES = 9;

/** What a token is for: the call, and the filters and the order that must not change meanwhile. */
export type TokenScope = readonly (string | number | boolean | undefined)[];

/** A place in a list. */
export type TokenPosition = readonly (string | number)[];

/** Makes an opaque token: it can be read only with the same scope. */
export function encodeToken(scope: TokenScope, position: TokenPosition): string {
  const payload = Buffer.from(JSON.stringify(position));
  return Buffer.concat([Buffer.of(VERSION), tagOf(scope, payload), payload]).toString('base64url');
}

/**
 * The position in a token. Throws `invalid`, naming `field`, unless encodeToken has made the token
 * with this scope.
 */
export function decodeToken(field: string, scope: TokenScope, token: string): TokenPosition {
  const bytes = Buffer.from(token, 'base64url');
  const payload = bytes.subarray(1 + TAG_BYTES);
  const isOurs =
    bytes[0] === VERSION &&
    bytes.subarray(1, 1 + TAG_BYTES).equals(tagOf(scope, payload)) &&
    // Node's decoder passes over characters that are not base64.
    bytes.toString('base64url') === token;
  if (isOurs) return JSON.parse(payload.toString()) as TokenPosition;
  throw invalid([{ field, description: 'is damaged, or belongs to another request' }]);
}

/** Binds the payload to its scope, and shows damage. It is not a secret. */
function tagOf(scope: TokenScope, payload: Uint8Array): Buffer {
  const hash = createHash('sha256')
    .update(`${JSON.stringify(scope)}\n`)
    .update(payload);
  return hash.digest().subarray(0, TAG_BYTES);
}
