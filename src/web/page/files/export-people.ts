import { Person } from '../../../../gen/personguide/person_guide.js';
import { CsvShape, csvWriter } from '../../../formats/csv-writer.js';
import type { PeopleWriter } from '../../../formats/entry.js';
import { jsonArrayWriter, jsonLinesWriter } from '../../../formats/json-writer.js';
import { vcardWriter } from '../../../formats/vcard-writer.js';
import type { DirectoryApi } from '../api/directory-api.js';

/** The formats that the page writes, with the ends of their file names. */
export const exportFormats = {
  csv: { label: 'CSV, for spreadsheets', suffix: 'csv', type: 'text/csv' },
  vcard: { label: 'vCard, for address books', suffix: 'vcf', type: 'text/vcard' },
  json: { label: 'JSON array', suffix: 'json', type: 'application/json' },
  jsonl: { label: 'JSON lines', suffix: 'jsonl', type: 'application/jsonl' },
} as const;

/** One of these formats. */
export type ExportFormat = keyof typeof exportFormats;

/** People who are written together. */
const CHUNK_PEOPLE = 1000;
/** Excel takes a CSV without it for windows-1252. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Reads everyone and writes them into a file in memory. Notifies of the number of people read.
 * Rejects with a CallError, and with the reason of an aborted signal.
 */
export async function exportPeople(
  api: DirectoryApi,
  format: ExportFormat,
  onRead: (people: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const people: Uint8Array[] = [];
  const shape = new CsvShape();
  for await (const bytes of api.listPersons(signal)) {
    // A copy, because all messages that arrive together share their bytes.
    people.push(bytes.slice());
    if (format === 'csv') shape.add(Person.decode(bytes));
    if (people.length % CHUNK_PEOPLE === 0) onRead(people.length);
  }
  onRead(people.length);
  const texts = textsOf(people, writerOf(format, shape));
  const mark = format === 'csv' ? [BYTE_ORDER_MARK] : [];
  return new Blob([...mark, ...texts], { type: exportFormats[format].type });
}

function writerOf(format: ExportFormat, shape: CsvShape): PeopleWriter {
  switch (format) {
    case 'csv':
      return csvWriter(shape);
    case 'vcard':
      return vcardWriter('4.0');
    case 'json':
      return jsonArrayWriter();
    case 'jsonl':
      return jsonLinesWriter();
  }
}

function* textsOf(
  people: readonly Uint8Array[],
  { frame: { head, separator, end, tail }, write }: PeopleWriter,
): Generator<string> {
  yield head;
  for (let first = 0; first < people.length; first += CHUNK_PEOPLE) {
    const chunk = people.slice(first, first + CHUNK_PEOPLE);
    const text = chunk.map((bytes) => write(Person.decode(bytes))).join(separator);
    yield first === 0 ? text : separator + text;
  }
  yield people.length === 0 ? tail : end + tail;
}
