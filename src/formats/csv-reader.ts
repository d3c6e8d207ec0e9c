import type { PersonInput } from '../client/directory-calls.js';
import { columnsOf, type ColumnMap } from './csv-header.js';
import { PersonDraft } from './csv-person.js';
import { CsvRecords, type CsvRecord } from './csv-records.js';
import type { Entry, PeopleReader, Problem } from './entry.js';

/**
 * Reads people from CSV with a header. The fields are separated by commas, semicolons, tabs or bars,
 * whichever the header has. Rejects with a ColumnError if the header cannot be used.
 */
export function csvReader(text: AsyncIterable<string>, map: ColumnMap = new Map()): PeopleReader {
  const records = new CsvRecords(text);
  const ignored = new Set<string>();
  let head = '';
  async function* entries(): AsyncGenerator<Entry> {
    const header = await records.next();
    if (header === undefined) return;
    head = `${header.source}\n`;
    const titles = header.fields.map((title) => title.trim());
    const draft = new PersonDraft(columnsOf(titles, map));
    for (;;) {
      const record = await records.next();
      if (record === undefined) return;
      for (const [index, field] of record.fields.entries()) {
        if (field !== '' && draft.ignores(index)) ignored.add(titles[index] ?? '');
      }
      yield entryOf(record, titles.length, draft);
    }
  }
  return {
    entries: entries(),
    frame: () => ({ head, separator: '\n', end: '\n', tail: '' }),
    ignoredColumns: () => [...ignored],
  };
}

function entryOf(
  { line, source, fields, problem }: CsvRecord,
  width: number,
  draft: PersonDraft,
): Entry {
  if (problem !== undefined) {
    return { line, source, problems: [{ field: '', description: problem }] };
  }
  // Spreadsheets leave empty fields out at the end, or add some.
  if (fields.slice(width).some((field) => field !== '')) {
    const description = `has ${fields.length} fields, and the header has ${width}`;
    return { line, source, problems: [{ field: '', description }] };
  }
  const problems: Problem[] = [];
  const person: PersonInput = draft.read(fields, problems);
  return problems.length > 0 ? { line, source, problems } : { line, source, person };
}
