import type { Database } from './database.js';
import { rollBack } from './group-commit.js';

/** Keeps the file of a store as it is, while writes go on in the WAL. */
export interface Freeze {
  /**
   * Moves the WAL into the file, and keeps later commits, also those of other processes, from doing
   * so. Returns the size of the file in bytes; undefined if a read that is under way still needs the
   * WAL: try again.
   */
  freeze(): number | undefined;
  /** Lets commits move the WAL into the file again. Does nothing if they may. */
  unfreeze(): void;
}

/**
 * Prepares that; `begin` begins a transaction on `database`. Not possible without `connection`,
 * another connection to the same file.
 */
export function prepareFreeze(
  database: Database,
  connection: Database | undefined,
  begin: () => void,
): Freeze {
  let isFrozen = false;
  // SQLite opens the WAL now; by the time of a backup, it may be the file of another store.
  connection?.exec('select count(*) from sqlite_schema');

  function freeze(): number | undefined {
    if (connection === undefined) return undefined;
    // So that nobody writes between the two steps.
    begin();
    try {
      const moved = connection.prepare('pragma wal_checkpoint(passive)').get() as {
        log: number;
        checkpointed: number;
      };
      if (moved.log !== moved.checkpointed) return undefined;
      // A reader who needs nothing of the WAL reads the file alone, so SQLite does not change that.
      // https://www.sqlite.org/walformat.html#wal_read_lock_offsets
      connection.exec('begin');
      isFrozen = true;
      const { bytes } = connection
        .prepare('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')
        .get() as { bytes: number };
      connection.exec('select count(*) from sqlite_schema');
      return bytes;
    } finally {
      rollBack(database);
    }
  }

  return {
    freeze,
    unfreeze: () => {
      if (!isFrozen || connection === undefined) return;
      isFrozen = false;
      rollBack(connection);
    },
  };
}
