import type { KeyRow, KeyStore, ReadOptions, WriteOptions } from '../../directory/store.js';
import { BoundedMap } from './bounded-map.js';

/** How long a key is used without a look into the store: another server may have revoked it. */
const MAX_AGE_MS = 5000;

const MAX_KEYS = 10_000;

interface CachedKey {
  readonly row: KeyRow;
  readonly readAtMs: number;
}

/** A KeyStore that remembers the keys it has found for 5 seconds. */
export class CachedKeys implements KeyStore {
  readonly #store: KeyStore;
  readonly #nowMs: () => number;
  readonly #found = new BoundedMap<string, CachedKey>(MAX_KEYS);
  readonly #pending = new Map<string, Promise<KeyRow | undefined>>();

  constructor(store: KeyStore, nowMs: () => number = () => performance.now()) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** The key with that id, if it was found in the last 5 seconds. */
  known(id: string): KeyRow | undefined {
    const cached = this.#found.get(id);
    return cached !== undefined && this.#nowMs() - cached.readAtMs < MAX_AGE_MS
      ? cached.row
      : undefined;
  }

  addKey(key: KeyRow, options?: WriteOptions): Promise<void> {
    return this.#store.addKey(key, options);
  }

  /** Reads the store; calls with the same id at the same time share one read. */
  findKey(id: string): Promise<KeyRow | undefined> {
    let pending = this.#pending.get(id);
    if (pending === undefined) {
      pending = this.#read(id).finally(() => this.#pending.delete(id));
      this.#pending.set(id, pending);
    }
    return pending;
  }

  listKeys(options?: ReadOptions): Promise<readonly KeyRow[]> {
    return this.#store.listKeys(options);
  }

  async revokeKey(nameOrId: string, at: Date, options?: WriteOptions): Promise<KeyRow | undefined> {
    const row = await this.#store.revokeKey(nameOrId, at, options);
    if (row !== undefined) this.#remember(row);
    return row;
  }

  async #read(id: string): Promise<KeyRow | undefined> {
    const row = await this.#store.findKey(id);
    if (row !== undefined) this.#remember(row);
    return row;
  }

  #remember(row: KeyRow): void {
    const cached = this.#found.get(row.id)?.row;
    // A read that began before the key was revoked may end after it.
    const latest = cached?.revokedAtMs === undefined ? row : cached;
    this.#found.set(row.id, { row: latest, readAtMs: this.#nowMs() });
  }
}
