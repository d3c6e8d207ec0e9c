import { keyNameTaken } from '../../directory/errors.js';
import type { KeyRow } from '../../directory/store.js';
import type { Database } from './database.js';
import { isUniqueViolation } from './errors.js';

/** The statements on keys; each call is done when it returns. */
export interface KeysTable {
  /** Changes nothing if it throws. */
  add(key: KeyRow): void;
  find(id: string): KeyRow | undefined;
  list(): readonly KeyRow[];
  revoke(nameOrId: string, at: Date): KeyRow | undefined;
}

interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: string;
  readonly secretHash: Uint8Array;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

const COLUMNS = `
  id, name, scopes, secret_hash as secretHash, created_at_ms as createdAtMs,
  expires_at_ms as expiresAtMs, revoked_at_ms as revokedAtMs`;

/** Prepares the statements on keys. */
export function prepareKeys(database: Database): KeysTable {
  const insert = database.prepare(`
    insert into api_keys
      (id, name, scopes, secret_hash, created_at_ms, expires_at_ms, revoked_at_ms)
    values (?, ?, ?, ?, ?, ?, ?)`);
  const select = database.prepare(`select ${COLUMNS} from api_keys where id = ?`);
  const selectAll = database.prepare(`select ${COLUMNS} from api_keys order by created_at_ms, id`);
  const revoke = database.prepare(`
    update api_keys set revoked_at_ms = ?1
    where revoked_at_ms is null and (name = ?2 or id = ?2)
    returning ${COLUMNS}`);

  return {
    add: (key) => {
      const { id, name, scopes, secretHash, createdAtMs, expiresAtMs, revokedAtMs } = key;
      try {
        insert.run(
          ...[id, name, scopes.join(' '), secretHash],
          ...[createdAtMs, expiresAtMs ?? null, revokedAtMs ?? null],
        );
      } catch (error) {
        throw isUniqueViolation(error) ? keyNameTaken() : error;
      }
    },
    find: (id) => toKey(select.get(id)),
    list: () => selectAll.all().flatMap((row) => toKey(row) ?? []),
    revoke: (nameOrId, at) => toKey(revoke.get(at.getTime(), nameOrId)),
  };
}

function toKey(row: unknown): KeyRow | undefined {
  if (row === undefined) return undefined;
  const { scopes, expiresAtMs, revokedAtMs, ...others } = row as StoredKey;
  return {
    ...others,
    scopes: scopes.split(' '),
    expiresAtMs: expiresAtMs ?? undefined,
    revokedAtMs: revokedAtMs ?? undefined,
  };
}
