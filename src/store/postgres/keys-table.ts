import { keyNameTaken } from '../../directory/errors.js';
import type { KeyRow } from '../../directory/store.js';
import type { RunStatement } from './database.js';

const COLUMNS = 'id, name, scopes, secret_hash, created_at_ms, expires_at_ms, revoked_at_ms';

const INSERT = {
  name: 'insert_key',
  text: `
    insert into api_keys (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict do nothing returning 1`,
};

const FIND = { name: 'find_key', text: `select ${COLUMNS} from api_keys where id = $1` };

const LIST = {
  name: 'list_keys',
  text: `select ${COLUMNS} from api_keys order by created_at_ms, id`,
};

const REVOKE = {
  name: 'revoke_key',
  text: `
    update api_keys set revoked_at_ms = $1
    where revoked_at_ms is null and (name = $2 or id = $2)
    returning ${COLUMNS}`,
};

/** Adds a key, within a transaction. */
export async function insertKey(run: RunStatement, key: KeyRow): Promise<void> {
  const { id, name, scopes, secretHash, createdAtMs, expiresAtMs, revokedAtMs } = key;
  const inserted = await run(INSERT, [
    ...[id, name, scopes.join(' '), secretHash],
    ...[createdAtMs, expiresAtMs ?? null, revokedAtMs ?? null],
  ]);
  if (inserted.length === 0) throw keyNameTaken();
}

/** Finds a key by its id. */
export async function findKey(run: RunStatement, id: string): Promise<KeyRow | undefined> {
  return (await run(FIND, [id])).map(toKey)[0];
}

/** All keys, in the order of creation and then of id. */
export async function listKeys(run: RunStatement): Promise<readonly KeyRow[]> {
  return (await run(LIST, [])).map(toKey);
}

/** Revokes the key with that name or id, within a transaction. */
export async function revokeKey(
  run: RunStatement,
  nameOrId: string,
  at: Date,
): Promise<KeyRow | undefined> {
  return (await run(REVOKE, [at.getTime(), nameOrId])).map(toKey)[0];
}

function toKey(row: readonly unknown[]): KeyRow {
  const [id, name, scopes] = row as readonly string[];
  const [createdAtMs, expiresAtMs, revokedAtMs] = row.slice(4) as readonly (string | null)[];
  return {
    id: id ?? '',
    name: name ?? '',
    scopes: scopes?.split(' ') ?? [],
    secretHash: row[3] as Uint8Array,
    createdAtMs: Number(createdAtMs),
    expiresAtMs: timeOf(expiresAtMs),
    revokedAtMs: timeOf(revokedAtMs),
  };
}

/** A bigint arrives as text. */
function timeOf(value: string | null | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
