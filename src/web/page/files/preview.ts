import { ImportMatch } from '../../../../gen/personguide/person_guide.js';
import type { Entry } from '../../../formats/entry.js';
import { formatOfName, openPeopleReader } from '../../../formats/format.js';
import { openFileText } from './file-text.js';

/** The beginning of a file. */
export interface Preview {
  readonly entries: readonly Entry[];
  /** What the people in it suggest. */
  readonly match: ImportMatch;
}

const PREVIEW_ENTRIES = 5;

/** Reads the first people of a file. Rejects if the file has no people at all. */
export async function previewOf(file: File): Promise<Preview> {
  const { text } = await openFileText(file);
  const reader = await openPeopleReader(text, { format: formatOfName(file.name) });
  const entries: Entry[] = [];
  for await (const entry of reader.entries) {
    entries.push(entry);
    if (entries.length === PREVIEW_ENTRIES) break;
  }
  if (entries.length === 0) throw new Error('the file has no people');
  return { entries, match: matchFor(entries) };
}

function matchFor(entries: readonly Entry[]): ImportMatch {
  const people = entries.flatMap(({ person }) => person ?? []);
  if (people.some(({ id = 0 }) => id > 0)) return ImportMatch.IMPORT_MATCH_ID;
  if (people.some(({ externalId = '' }) => externalId !== '')) {
    return ImportMatch.IMPORT_MATCH_EXTERNAL_ID;
  }
  return ImportMatch.IMPORT_MATCH_UNSPECIFIED;
}
