import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CsvShape, csvWriter } from '../formats/csv-writer.js';
import type { PeopleWriter } from '../formats/entry.js';
import { jsonLinesReader } from '../formats/json-reader.js';
import { jsonLinesWriter } from '../formats/json-writer.js';
import type { PersonInput } from '../index.js';

/**
 * Runs the work with people and with the writer that has a column for all that they have. The header
 * comes first, so the people are kept in a temporary file until all of them are known.
 */
export async function withCsvWriter(
  people: AsyncIterable<PersonInput>,
  signal: AbortSignal,
  work: (people: AsyncIterable<PersonInput>, writer: PeopleWriter) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'personguide-'));
  const file = join(folder, 'people.jsonl');
  try {
    const shape = new CsvShape();
    await pipeline(linesOf(people, shape), createWriteStream(file, { mode: 0o600 }), { signal });
    await work(readPeople(file), csvWriter(shape));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* linesOf(
  people: AsyncIterable<PersonInput>,
  shape: CsvShape,
): AsyncGenerator<string> {
  const { write } = jsonLinesWriter();
  for await (const person of people) {
    shape.add(person);
    yield `${write(person)}\n`;
  }
}

async function* readPeople(file: string): AsyncGenerator<PersonInput> {
  const text = createReadStream(file, 'utf8') as AsyncIterable<string>;
  for await (const { person } of jsonLinesReader(text).entries) {
    if (person !== undefined) yield person;
  }
}
