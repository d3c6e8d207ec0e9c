import type { RunStatement } from './database.js';

/** PostgreSQL looks at each file of the database. */
const SIZE_MAX_AGE_MS = 60_000;

const DATABASE_BYTES = {
  name: 'database_bytes',
  text: 'select pg_database_size(current_database())::float8',
};

/** Returns what reads the size of the database, at most once a minute. */
export function createDatabaseSize(read: RunStatement): () => Promise<number> {
  let bytes = 0;
  let readAtMs = -Infinity;
  return async () => {
    const nowMs = performance.now();
    if (nowMs - readAtMs > SIZE_MAX_AGE_MS) {
      const [row] = await read(DATABASE_BYTES, []);
      bytes = Number(row?.[0]);
      readAtMs = nowMs;
    }
    return bytes;
  };
}
