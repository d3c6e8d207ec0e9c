import { setImmediate } from 'node:timers';
import type { Database } from './database.js';
import { rollBack } from './group-commit.js';

/** The state of the store that reads see. */
export interface Snapshot {
  /** Call it before each read. */
  begin(): void;
  /** Call it before anything that the next reads must see is reported. */
  end(): void;
}

/**
 * From the second one on, the reads of one turn of the event loop share a transaction: a read alone
 * takes SQLite's lock, and with it twice as long, but a transaction for one read takes longer still.
 * It never outlasts the turn, because the WAL would grow. `onBegin` runs before each new state.
 */
export function createSnapshot(database: Database, onBegin: () => void): Snapshot {
  const begin = database.prepare('begin');
  const commit = database.prepare('commit');
  let isOpen = false;
  let hasRead = false;

  function end(): void {
    if (!isOpen) return;
    isOpen = false;
    try {
      commit.run();
    } catch {
      // A read has failed, and the transaction with it.
      rollBack(database);
    }
  }

  function endTurn(): void {
    hasRead = false;
    end();
  }

  return {
    begin: () => {
      if (isOpen) return;
      onBegin();
      if (hasRead) {
        begin.run();
        isOpen = true;
      } else {
        hasRead = true;
        setImmediate(endTurn);
      }
    },
    end,
  };
}

/** Each read sees the newest state. */
export function withoutSnapshot(onBegin: () => void): Snapshot {
  return { begin: onBegin, end: () => undefined };
}
