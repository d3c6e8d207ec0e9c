import { csvReader } from './csv-reader.js';
import type { ColumnMap } from './csv-header.js';
import type { PeopleReader } from './entry.js';
import { jsonArrayReader, jsonLinesReader } from './json-reader.js';
import { vcardReader } from './vcard-reader.js';

/** The formats of files of people. `vcard3` is vCard 3.0 when written; all versions are read. */
export const formats = ['csv', 'vcard', 'vcard3', 'json', 'jsonl'] as const;

/** One of the formats. */
export type Format = (typeof formats)[number];

const suffixes: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  vcf: 'vcard',
  vcard: 'vcard',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
};

/** The format that the name of a file says; undefined if it says none. */
export function formatOfName(name: string): Format | undefined {
  const [, suffix = ''] = /\.(\w+)$/.exec(name) ?? [];
  return suffixes[suffix.toLowerCase()];
}

/** The format of a text by its beginning, in which white space does not count. */
export function formatOfText(beginning: string): Format {
  const text = beginning.replace(/^\uFEFF/, '').trimStart();
  if (/^begin:vcard/i.test(text)) return 'vcard';
  if (text.startsWith('[')) return 'json';
  return text.startsWith('{') ? 'jsonl' : 'csv';
}

/** How a text is read. */
export interface ReadFormat {
  /** By default the format of its beginning. Both JSON formats are told apart by that, too. */
  readonly format?: Format | undefined;
  /** What the columns of CSV are. */
  readonly map?: ColumnMap;
}

/** Reads people from a text, of which the beginning is awaited. */
export async function openPeopleReader(
  text: AsyncIterable<string>,
  { format, map }: ReadFormat = {},
): Promise<PeopleReader> {
  const { beginning, whole } = await withBeginning(text);
  const found = formatOfText(beginning);
  const isJson = format === 'json' || format === 'jsonl';
  switch (format === undefined || (isJson && found === 'json') ? found : format) {
    case 'csv':
      return csvReader(whole, map);
    case 'vcard':
    case 'vcard3':
      return vcardReader(whole);
    case 'json':
      return found === 'json' ? jsonArrayReader(whole) : jsonLinesReader(whole);
    case 'jsonl':
      return jsonLinesReader(whole);
  }
}

/** Enough to recognize a format. */
const BEGINNING_CHARACTERS = 16;

async function withBeginning(
  text: AsyncIterable<string>,
): Promise<{ beginning: string; whole: AsyncIterable<string> }> {
  const iterator = chunksOf(text);
  let beginning = '';
  while (beginning.trim().length < BEGINNING_CHARACTERS) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    beginning += value;
  }
  async function* whole(): AsyncGenerator<string> {
    yield beginning;
    yield* iterator;
  }
  return { beginning, whole: whole() };
}

async function* chunksOf(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  yield* text;
}
