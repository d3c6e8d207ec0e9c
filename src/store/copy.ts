import { createHash, type Hash } from 'node:crypto';
import { ImportFault } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from '../directory/errors.js';
import type { ReadOptions, Store, StoreBatch } from '../directory/store.js';

/** How much was copied or checked. */
export interface CopyCounts {
  readonly people: number;
  readonly users: number;
  /** Results of writes with an idempotency key. */
  readonly results: number;
}

/** What is under way: the copy is written, and then it is checked. */
export type CopyStep = 'copied' | 'checked';

/** Options of a copy. */
export interface CopyOptions extends ReadOptions {
  /** Called after each batch, first while it is written and then while the copy is checked. */
  readonly onProgress?: (step: CopyStep, counts: CopyCounts) => void;
}

/** A finished copy. */
export interface CopyResult extends CopyCounts {
  /** SHA-256 of the content of either store, in hexadecimal. */
  readonly digest: string;
}

/**
 * Copies everything with its ids, times and idempotency keys, in one transaction, and then reads
 * the copy again to compare its digest. Memory use does not depend on the size of the stores.
 * Rejects with STORE_NOT_EMPTY, and with COPY_DIFFERS if the digests are not equal.
 */
export async function copyStore(
  from: Store,
  to: Store,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const source = new ContentDigest();
  const report = (step: CopyStep, digest: ContentDigest) => () => {
    options.onProgress?.(step, digest.counts);
  };
  await to.importAll(source.through(from.exportAll(options), report('copied', source)), options);
  const copy = new ContentDigest();
  options.onProgress?.('checked', copy.counts);
  await drain(copy.through(to.exportAll(options), report('checked', copy)));
  const digest = source.finish();
  if (copy.finish() !== digest) {
    const text = 'the copy differs from its source, which was changed meanwhile; do not use it';
    throw new DirectoryError('conflict', text, { code: 'COPY_DIFFERS' });
  }
  return { ...source.counts, digest };
}

async function drain(batches: AsyncGenerator<StoreBatch>): Promise<void> {
  while ((await batches.next()).done !== true);
}

/** The digest of the content of a store, independent of the size of its batches. */
class ContentDigest {
  readonly #hash: Hash = createHash('sha256');
  #counts = { people: 0, users: 0, results: 0 };

  get counts(): CopyCounts {
    return { ...this.#counts };
  }

  /** Yields the batches, which it adds. */
  async *through(
    batches: AsyncIterable<StoreBatch>,
    onBatch: () => void,
  ): AsyncGenerator<StoreBatch, void, undefined> {
    for await (const batch of batches) {
      this.#add(batch);
      onBatch();
      yield batch;
    }
  }

  finish(): string {
    return this.#hash.digest('hex');
  }

  #add(batch: StoreBatch): void {
    switch (batch.kind) {
      case 'people':
      case 'users':
        this.#counts[batch.kind] += batch.messages.length;
        for (const message of batch.messages) this.#update(batch.kind, message);
        break;
      case 'deleted-people':
        for (const message of batch.messages) this.#update(batch.kind, message);
        break;
      case 'results':
        this.#counts.results += batch.results.length;
        for (const { method, key, digest, result, createdAtMs } of batch.results) {
          const text = JSON.stringify([method, key, digest, createdAtMs, result.keptAs]);
          this.#update('results', Buffer.from(text));
          this.#update('results', result.bytes);
        }
        break;
      case 'imports':
        for (const { importId, committed, changedAtMs, ...counts } of batch.imports) {
          const { created, updated, unchanged } = counts;
          const text = [importId, committed, created, updated, unchanged, changedAtMs];
          this.#update('imports', Buffer.from(JSON.stringify(text)));
        }
        break;
      case 'import-faults':
        for (const { importId, fault } of batch.faults) {
          this.#update('import-faults', Buffer.from(importId));
          this.#update('import-faults', ImportFault.encode(fault).finish());
        }
        break;
      case 'keys':
        for (const { secretHash, id, name, scopes, ...times } of batch.keys) {
          const { createdAtMs, expiresAtMs, revokedAtMs } = times;
          const text = JSON.stringify([id, name, scopes, createdAtMs, expiresAtMs, revokedAtMs]);
          this.#update('keys', Buffer.from(text));
          this.#update('keys', secretHash);
        }
        break;
      case 'counters':
        this.#update('counters', Buffer.from(countersText(batch)));
        break;
    }
  }

  #update(kind: string, bytes: Uint8Array): void {
    this.#hash.update(`${kind} ${bytes.length} `).update(bytes);
  }
}

function countersText(batch: Extract<StoreBatch, { kind: 'counters' }>): string {
  const { freePersonIds, firstFreeUserId, revisions } = batch;
  const { first, end } = freePersonIds;
  return JSON.stringify([first, end, firstFreeUserId, revisions.last, revisions.purged]);
}
