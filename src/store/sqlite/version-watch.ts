import type { Database } from './database.js';

/** Notices the commits of other connections, also those of other processes. */
export interface VersionWatch {
  /** Call it for each listener; the returned function ends that. A second call of it does nothing. */
  add(): () => void;
}

/** How soon a commit is noticed: SQLite does not report those of other processes. */
const POLL_MS = 25;

/** Prepares polling; nothing runs without a listener. `onCommit` may find that nothing has changed. */
export function watchVersion(database: Database, onCommit: () => void): VersionWatch {
  const select = database.prepare('pragma data_version');
  const version = (): number => (select.get() as { data_version: number }).data_version;
  let known = version();
  let timer: NodeJS.Timeout | undefined;
  let listeners = 0;

  function poll(): void {
    const current = version();
    if (current === known) return;
    known = current;
    onCommit();
  }

  return {
    add: () => {
      listeners += 1;
      timer ??= setInterval(poll, POLL_MS).unref();
      let isAdded = true;
      return () => {
        if (!isAdded) return;
        isAdded = false;
        listeners -= 1;
        if (listeners > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
