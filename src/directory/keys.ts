import type { ApiKey } from '../../gen/personguide/admin/v1/keys.js';
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { invalid, keyNotFound, type Violation } from './errors.js';
import { SCOPES } from './scopes.js';
import type { KeyRow, KeyStore, WriteOptions } from './store.js';

/** What a new key is for. */
export interface KeyRequest {
  /** Unique among the keys that are not revoked. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** In milliseconds since 1970; undefined if it never expires. */
  readonly expiresAtMs: number | undefined;
}

/** How a key is added. */
export interface AddKeyOptions extends WriteOptions {
  /** The scopes that there are. Default: those of the directory. */
  readonly knownScopes?: readonly string[] | undefined;
}

/** A key that was added. */
export interface NewKey {
  readonly row: KeyRow;
  /** What the client sends. It is not stored: this is the only time that it can be shown. */
  readonly text: string;
}

/** The parts of a key that a client sent. */
export interface SentKey {
  readonly id: string;
  readonly secret: string;
}

/** Makes a key recognizable: to people, and to tools that look for secrets in the wrong place. */
const PREFIX = 'pgk';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const KEY = /^pgk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ID = /^[0-9a-f]{16}$/;

/**
 * Adds a key. Rejects with INVALID_FIELDS for an invalid name, scope or time, and with
 * KEY_NAME_TAKEN.
 */
export async function addKey(
  store: KeyStore,
  request: KeyRequest,
  now: Date,
  { knownScopes = SCOPES, ...options }: AddKeyOptions = {},
): Promise<NewKey> {
  const violations = violationsOf(request, knownScopes, now);
  if (violations.length > 0) throw invalid(violations);
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const row: KeyRow = {
    id,
    name: request.name,
    scopes: knownScopes.filter((scope) => request.scopes.includes(scope)),
    secretHash: hashOf(secret),
    createdAtMs: now.getTime(),
    expiresAtMs: request.expiresAtMs,
    revokedAtMs: undefined,
  };
  await store.addKey(row, options);
  return { row, text: `${PREFIX}_${id}_${secret}` };
}

/** Revokes the key with that name or id. Rejects with KEY_NOT_FOUND. */
export async function revokeKey(
  store: KeyStore,
  nameOrId: string,
  now: Date,
  options?: WriteOptions,
): Promise<KeyRow> {
  const isPossible = NAME.test(nameOrId) || ID.test(nameOrId);
  const row = isPossible ? await store.revokeKey(nameOrId, now, options) : undefined;
  if (row === undefined) throw keyNotFound();
  return row;
}

/** The parts of a key; undefined if the text cannot be one. */
export function parseKey(text: string): SentKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Whether the secret is that of the key. Takes the same time wherever the two differ. */
export function hasSecret({ secretHash }: KeyRow, { secret }: SentKey): boolean {
  return timingSafeEqual(hashOf(secret), secretHash);
}

/** A fast hash is enough: a secret of 256 random bits cannot be guessed, however fast it is tried. */
function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

function violationsOf(
  { name, scopes, expiresAtMs }: KeyRequest,
  knownScopes: readonly string[],
  now: Date,
): Violation[] {
  const found: Violation[] = [];
  if (!NAME.test(name) || ID.test(name)) {
    const description =
      'must be 1 to 64 letters, digits, dots, dashes and underscores, not like an id';
    found.push({ field: 'name', description });
  }
  if (scopes.length === 0) found.push({ field: 'scopes', description: 'must not be empty' });
  for (const [index, scope] of scopes.entries()) {
    if (knownScopes.includes(scope)) continue;
    found.push({
      field: `scopes[${index}]`,
      description: `must be one of ${knownScopes.join(', ')}`,
    });
  }
  if (expiresAtMs !== undefined && !(expiresAtMs > now.getTime())) {
    found.push({ field: 'expires_at', description: 'must be in the future' });
  }
  return found;
}

/** A key as callers see it: without its hash. */
export function keyMessage(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: [...row.scopes],
    createdAt: new Date(row.createdAtMs),
    expiresAt: dateOf(row.expiresAtMs),
    revokedAt: dateOf(row.revokedAtMs),
  };
}

function dateOf(timeMs: number | undefined): Date | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs);
}
