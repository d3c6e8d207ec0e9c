import type { Database, Statement, Value } from './database.js';

/** Rows per statement: a person takes 1.5 us in rows of 32, and 2 us alone. */
const ROWS_AT_ONCE = 32;

/** Inserts rows: the values of the first for every column, then those of the second, and so on. */
export type BulkInsert = (values: readonly Value[]) => void;

/** Prepares an insert, such as `insert into people (id, email)`, and what follows its values. */
export function createBulkInsert(database: Database, insert: string, after = ''): BulkInsert {
  const columns = insert.split(',').length;
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`;

  function prepare(count: number): Statement {
    const values = Array.from({ length: count }, () => row).join(', ');
    return database.prepare(`${insert} values ${values} ${after}`);
  }

  const insertOne = prepare(1);
  const insertMany = prepare(ROWS_AT_ONCE);
  return (values) => {
    const manyLength = ROWS_AT_ONCE * columns;
    let done = 0;
    for (; done + manyLength <= values.length; done += manyLength) {
      insertMany.run(...values.slice(done, done + manyLength));
    }
    for (; done < values.length; done += columns) {
      insertOne.run(...values.slice(done, done + columns));
    }
  };
}
