import { DirectoryError } from '../../directory/errors.js';

/** Remembers that the store has failed, so that its check reports it until it works again. */
export interface Faults {
  /** Notes the error of a call; only faults of the disk or of the file count. */
  note(error: unknown): void;
  /**
   * Rejects with the last fault if it was not reported yet. Otherwise it tries a write, and the
   * fault ends if that succeeds. Damage does not end: it does not heal, although writes succeed; nor
   * does the end of the writer.
   */
  check(): Promise<void>;
}

const LASTING: readonly string[] = ['STORE_DAMAGED', 'STORE_WRITER_ENDED'];
const FAULTS: readonly string[] = ['STORE_FULL', 'STORE_IO_ERROR', 'STORE_READ_ONLY', ...LASTING];

/** Watches a store for faults. `tryWrite` must need as much space as an ordinary write, and note its error. */
export function watchFaults(tryWrite: () => Promise<void>): Faults {
  let fault: DirectoryError | undefined;
  let reported = false;

  function note(error: unknown): void {
    if (!(error instanceof DirectoryError) || !FAULTS.includes(error.code)) return;
    // A damaged store that is also full must not look healthy once there is space.
    if (fault !== undefined && LASTING.includes(fault.code)) return;
    fault = error;
    reported = false;
  }

  async function check(): Promise<void> {
    const known = fault;
    if (known !== undefined && reported && !LASTING.includes(known.code)) {
      await tryWrite().finally(() => {
        // A failure of this write has been noted, and is reported by this check.
        reported = true;
      });
      if (fault === known) fault = undefined;
    }
    if (fault === undefined) return;
    reported = true;
    throw fault;
  }

  return { note, check };
}
