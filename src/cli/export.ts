import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Argument, Option, type Command } from 'commander';
import type { PeopleWriter } from '../formats/entry.js';
import { formatOfName, formats, type Format } from '../formats/format.js';
import { jsonArrayWriter, jsonLinesWriter } from '../formats/json-writer.js';
import { vcardWriter } from '../formats/vcard-writer.js';
import type { Person, PersonInput } from '../index.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { withCsvWriter } from './csv-spool.js';
import { exitCode } from './exit-code.js';
import { usageError } from './file-source.js';
import { countOf } from './format.js';
import { openOutput, type Output } from './output.js';
import { startProgress, transferStream } from './progress.js';
import { withSession, type Session } from './session.js';
import { filterOptions } from './watch.js';

interface ExportOptions extends ClientOptions {
  readonly format?: Format;
  readonly at?: string;
  readonly label?: string;
  readonly bom?: true;
  readonly force?: true;
}

/** `personguide export`: writes people to a file. */
export function exportCommand(): Command {
  return clientCommand('export', {
    summary: 'export people as CSV, vCards or JSON',
    description:
      'export people as CSV, vCards, a JSON array or JSON lines, by id. personguide import reads ' +
      'all of them again without loss. What the server sets (etags and times) is not exported; ids ' +
      'are, except to vCards.',
    examples: [
      'personguide export people.csv',
      "personguide export friends.vcf --label friend --at 'my adress'",
      'personguide export --format jsonl | gzip > people.jsonl.gz',
    ],
    options: [
      new Option(
        '--format <format>',
        'the format, if the name of the file does not show it; vcard is version 4.0, vcard3 is 3.0 ' +
          '(default: jsonl)',
      ).choices(formats),
      ...filterOptions(),
      new Option('--bom', 'begin with a byte order mark, which Excel needs in CSV'),
      new Option('--force', 'replace FILE if it exists'),
    ],
  })
    .addArgument(new Argument('[FILE]', 'where to write; default: standard output'))
    .action((path: string | undefined, options: ExportOptions) =>
      withSession(options, (session) => exportPeople(path, options, session)),
    );
}

async function exportPeople(
  path: string | undefined,
  options: ExportOptions,
  session: Session,
): Promise<void> {
  const format = options.format ?? (path === undefined ? 'jsonl' : formatOfName(path));
  if (format === undefined) throw usageError(`name a --format: ${formats.join(', ')}`);
  const progress = startProgress(transferStream(), 'people exported');
  const people = progress.counted(matchingPeople(options, session));
  const { signal } = session.call;
  const write = async (out: Output): Promise<void> => {
    if (options.bom === true) await out.write('\uFEFF');
    if (format === 'csv') {
      await withCsvWriter(people, signal, (items, writer) => writePeople(items, writer, out));
    } else {
      await writePeople(people, writers[format](), out);
    }
  };
  try {
    if (path === undefined) await write(session.out);
    else await writeFile(path, options.force === true, signal, write);
  } finally {
    progress.end();
  }
  session.summary(`${countOf(progress.count, 'person', 'people')} exported`);
}

const writers: Readonly<Record<Exclude<Format, 'csv'>, () => PeopleWriter>> = {
  vcard: () => vcardWriter('4.0'),
  vcard3: () => vcardWriter('3.0'),
  json: jsonArrayWriter,
  jsonl: jsonLinesWriter,
};

/** One call lists everyone, or an address; a label needs pages. */
function matchingPeople(
  { at = '', label = '' }: ExportOptions,
  { directory: { people }, call }: Session,
): AsyncIterable<Person> {
  return label === ''
    ? people.listPersons({ name: at }, call)
    : people.allPages({ address: at, label, pageSize: 1000 }, call);
}

/** How much text is written together. */
const CHUNK_CHARACTERS = 64 * 1024;

async function writePeople(
  people: AsyncIterable<PersonInput>,
  { frame, write }: PeopleWriter,
  out: Output,
): Promise<void> {
  let text = frame.head;
  let isFirst = true;
  for await (const person of people) {
    text += isFirst ? write(person) : frame.separator + write(person);
    isFirst = false;
    if (text.length < CHUNK_CHARACTERS) continue;
    await out.write(text);
    text = '';
  }
  await out.write(text + (isFirst ? '' : frame.end) + frame.tail);
}

/** Writes a file that gets its name when it is complete. */
async function writeFile(
  path: string,
  force: boolean,
  signal: AbortSignal,
  write: (out: Output) => Promise<void>,
): Promise<void> {
  if (!force && existsSync(path)) {
    throw new CliError(exitCode.conflict, `${path} exists; name another file, or use --force`);
  }
  const partial = `${path}.partial`;
  try {
    const stream = createWriteStream(partial);
    await withStream(stream, async () => {
      const out = openOutput(stream, signal);
      await write(out);
      await out.flush();
    });
    await flushToDisk(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw (error as NodeJS.ErrnoException).syscall === undefined
      ? error
      : usageError(`cannot write ${path}: ${(error as Error).message}`, error);
  }
}

/** Runs the work, and ends the stream; rejects with its error. */
async function withStream(stream: Writable, work: () => Promise<void>): Promise<void> {
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  try {
    await Promise.race([work(), failed]);
  } catch (error) {
    stream.destroy();
    throw error;
  }
  stream.end();
  await Promise.race([once(stream, 'close'), failed]);
}

async function flushToDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}
