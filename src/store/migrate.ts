import { DirectoryError } from '../directory/errors.js';

/** One step of a schema. A released step never changes: a change is a new step. */
export interface Migration {
  /** 1 for the first, then without gaps. */
  readonly version: number;
  readonly sql: string;
}

/** A database that can be migrated. */
export interface MigrationTarget {
  /** What an operator calls the store, for errors. */
  readonly name: string;
  /** The version of the last migration applied; 0 for an empty database. */
  version(): number | Promise<number>;
  /** Runs the migration and records its version in one transaction: both, or neither. */
  apply(migration: Migration): unknown;
}

/**
 * Brings a database to the newest version, one migration after another. Rejects with
 * SCHEMA_TOO_NEW, without changes, if its version is beyond all migrations.
 * Only one process at a time may migrate a database: the driver locks it beforehand.
 */
export async function migrate(
  target: MigrationTarget,
  migrations: readonly Migration[],
): Promise<void> {
  const current = await target.version();
  requireKnownSchema(target.name, current, migrations);
  for (const migration of migrations) {
    if (migration.version > current) await target.apply(migration);
  }
}

/** Throws SCHEMA_TOO_NEW for a version beyond all migrations. */
export function requireKnownSchema(
  name: string,
  version: number,
  migrations: readonly Migration[],
): void {
  const newest = migrations.at(-1)?.version ?? 0;
  if (version <= newest) return;
  throw new DirectoryError(
    'unavailable',
    `cannot open ${name}: it has schema version ${version}, and this program knows those up to ` +
      `${newest}; run the newer program that wrote it`,
    { code: 'SCHEMA_TOO_NEW' },
  );
}
