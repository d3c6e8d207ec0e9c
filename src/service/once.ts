import { createHash } from 'node:crypto';
import { invalid } from '../directory/errors.js';
import type { IdempotencyKey } from '../directory/store.js';
import type { Call } from '../rpc/index.js';

/** The metadata key by which a client makes a write safe to repeat. */
const IDEMPOTENCY_KEY = 'idempotency-key';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/** Digests the messages of a call that carries an idempotency key. */
export interface OnceDigest {
  /** Takes the next message of the request, in wire form. */
  add(message: Uint8Array): this;
  /** The key, with the digest of all messages. */
  finish(): IdempotencyKey;
}

/** The digest for a call with an idempotency key; undefined for one without. */
export function onceOf({ metadata, method }: Call): OnceDigest | undefined {
  const [key] = metadata.get(IDEMPOTENCY_KEY);
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !VISIBLE_ASCII.test(key)) {
    const description = 'must be 1 to 128 visible ASCII characters';
    throw invalid([{ field: IDEMPOTENCY_KEY, description }]);
  }
  const hash = createHash('sha256');
  return {
    add(message) {
      // The length goes in too: two short messages must not look like one long one.
      hash.update(`${message.length}:`).update(message);
      return this;
    },
    finish: () => ({ key, method, digest: hash.digest('base64') }),
  };
}
