import { Client, Query, type Connection } from 'pg';
import { Person } from '../../gen/personguide/person_guide.js';
import type { PreparedCase, Sizes } from './case.js';
import { samplePerson } from './sample-data.js';

/** What `pg` calls when the server is ready for the rows; its types leave this out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

const COPY = 'copy copied_people (id, email, message) from stdin';
const TABLE = 'create table copied_people (like people including all)';
const CHUNK_BYTES = 64 * 1024;

/** COPY FROM STDIN of rows in its text format. */
class CopyQuery extends Query {
  readonly #rows: Buffer;

  constructor(rows: Buffer, done: (error?: Error | null) => void) {
    super(COPY, done);
    this.#rows = rows;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    for (let start = 0; start < this.#rows.length; start += CHUNK_BYTES) {
      connection.sendCopyFromChunk(this.#rows.subarray(start, start + CHUNK_BYTES));
    }
    connection.endCopyFrom();
  }
}

/**
 * Copies the people of RecordPersons into a table like theirs, with its indexes, one COPY where
 * that case makes one call. `url` names a schema with the tables of a store.
 */
export async function prepareCopy(
  url: string,
  { recordCalls, peoplePerRecordCall }: Sizes,
): Promise<PreparedCase> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(TABLE);
  let copied = 0;
  return {
    oneBatchPerRound: true,
    next: () => {
      const batches = Array.from({ length: recordCalls }, () =>
        textRows((copied += peoplePerRecordCall) - peoplePerRecordCall, peoplePerRecordCall),
      );
      return async () => {
        for (const rows of batches) await copy(client, rows);
        return recordCalls * peoplePerRecordCall;
      };
    },
    verify: async () => {
      const { rows } = await client.query<{ count: string }>('select count(*) from copied_people');
      if (Number(rows[0]?.count) !== copied) throw new Error(`COPY: ${copied} people expected`);
    },
    close: () => {
      void client.end();
    },
  };
}

function copy(client: Client, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    client.query(new CopyQuery(rows, done));
  });
}

/** https://www.postgresql.org/docs/current/sql-copy.html; the sample data needs no escapes. */
function textRows(firstNumber: number, count: number): Buffer {
  const lines = Array.from({ length: count }, (_, index) => {
    const id = firstNumber + index + 1;
    const person = { ...samplePerson(id - 1), id };
    const message = Buffer.from(Person.encode(person).finish()).toString('hex');
    return `${id}\t${person.email}\t\\\\x${message}\n`;
  });
  return Buffer.from(lines.join(''));
}
