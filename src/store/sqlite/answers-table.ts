import { DirectoryError } from '../../directory/errors.js';
import type { Once } from '../../directory/store.js';
import type { Database } from './database.js';

/** How long an answer is given again. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** How many answers that are too old a write deletes: more than it adds, and little work. */
const DELETED_AT_ONCE = 8;

/**
 * Runs `work` once per method and key: later, for 24 hours, its answer is given again.
 * Throws `conflict` when the key was used for another request. Must be called within the
 * transaction that does the work.
 */
export type RunOnce = (once: Once, now: Date, work: () => Uint8Array) => Uint8Array;

interface Kept {
  readonly fingerprint: string;
  readonly answer: Uint8Array;
}

/** Prepares the statements on kept answers. */
export function prepareAnswers(database: Database): RunOnce {
  const find = database.prepare(`
    select fingerprint, answer from answers
    where method = ? and key = ? and created_at_ms > ?`);
  const deleteOld = database.prepare(`
    delete from answers where id in (
      select id from answers where created_at_ms <= ? order by created_at_ms limit ?
    )`);
  const keep = database.prepare(`
    insert or replace into answers (method, key, fingerprint, answer, created_at_ms)
    values (?, ?, ?, ?, ?)`);

  return ({ method, key, fingerprint }, now, work) => {
    const tooOldMs = now.getTime() - KEPT_MS;
    const kept = find.get(method, key, tooOldMs) as Kept | undefined;
    if (kept !== undefined) return sameAnswer(kept, fingerprint);
    const answer = work();
    deleteOld.run(tooOldMs, DELETED_AT_ONCE);
    keep.run(method, key, fingerprint, answer, now.getTime());
    return answer;
  };
}

function sameAnswer(kept: Kept, fingerprint: string): Uint8Array {
  if (kept.fingerprint === fingerprint) return kept.answer;
  throw new DirectoryError('conflict', 'the idempotency key was used for another request', {
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
}
