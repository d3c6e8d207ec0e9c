import { createHash, type Hash } from 'node:crypto';
import { invalid } from '../directory/errors.js';
import { headerText, type Headers } from './headers.js';

/** The request header that makes a write safe to retry. */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/** What makes a write safe to retry: a store applies each key once per method. */
export interface IdempotencyKey {
  /** The key that the client chose. */
  readonly key: string;
  /** The full method name. */
  readonly method: string;
  /** A digest of the request messages: the same key with another digest is another request. */
  readonly digest: string;
}

/** Computes the digest of the request messages of one call, as they arrive. */
export class IdempotencyDigest {
  readonly #method: string;
  readonly #headers: Headers;
  readonly #hash: Hash = createHash('sha256');
  #digest: string | undefined;

  constructor(method: string, headers: Headers) {
    this.#method = method;
    this.#headers = headers;
  }

  /** Takes the next message in wire form. */
  add(message: Uint8Array): void {
    // The length is hashed too: two short messages must not look like one long one.
    this.#hash.update(`${message.length}:`).update(message);
  }

  /** The key with the digest of all messages. Throws `invalid` for a malformed key. */
  finish(): IdempotencyKey {
    const key = headerText(this.#headers, IDEMPOTENCY_KEY_HEADER) ?? '';
    if (!VISIBLE_ASCII.test(key)) {
      const description = 'must be 1 to 128 visible ASCII characters';
      throw invalid([{ field: IDEMPOTENCY_KEY_HEADER, description }]);
    }
    this.#digest ??= this.#hash.digest('base64');
    return { key, method: this.#method, digest: this.#digest };
  }
}
