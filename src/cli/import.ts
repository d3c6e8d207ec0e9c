import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { ColumnError, type ColumnMap } from '../formats/csv-header.js';
import type { PeopleReader } from '../formats/entry.js';
import { formatOfName, formats, openPeopleReader, type Format } from '../formats/format.js';
import {
  RpcError,
  type ImportPeopleOptions,
  type ImportPeopleProgress,
  type PersonInput,
} from '../index.js';
import { toCliError } from './call-error.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { mapOption } from './column-map.js';
import { exitCode } from './exit-code.js';
import { FaultsFile } from './faults-file.js';
import { sourceName, usageError } from './file-source.js';
import { countOf, type View } from './format.js';
import { ImportReport, type Fault } from './import-report.js';
import { fieldsLine } from './one-line.js';
import { startProgress, transferStream } from './progress.js';
import { resumeCommand } from './resume-command.js';
import { withSession, type Session } from './session.js';
import { openText } from './text-source.js';
import { warn } from './warn.js';

interface ImportOptions extends ClientOptions {
  readonly format?: Format;
  readonly map?: ColumnMap;
  readonly match?: (typeof matches)[number];
  readonly dryRun?: true;
  readonly faults?: string;
  readonly importId?: string;
  readonly newIds?: true;
  readonly encoding?: string;
}

const matches = ['id', 'external-id', 'email'] as const;

/** `personguide import`: imports the people of a file. */
export function importCommand(): Command {
  return clientCommand('import', {
    summary: 'import people from CSV, vCards or JSON',
    description:
      'import people from CSV, vCards (2.1, 3.0 and 4.0), a JSON array or JSON lines. The people ' +
      'who cannot be imported are shown, and the others are imported. After Ctrl+C or a failure, ' +
      'the last line shows the command that goes on.',
    examples: [
      'personguide import contacts.vcf',
      "personguide import people.csv --map 'Handy=mobile phone' --dry-run",
      'personguide import people.csv --match email --faults faults.csv',
      'personguide export --format jsonl | personguide import - --address other:50051',
    ],
    note: `The first line of CSV names the columns. The names of an export, of Google Contacts and of Outlook
are known, and usual ones: name, first name, last name, email, email 2, phone, phone 2 type, mobile
phone, address, street, city, postal code, country, company, job title, birthday, notes, labels.`,
    options: [
      new Option('--format <format>', 'the format, if neither name nor content shows it').choices(
        formats,
      ),
      mapOption(),
      new Option(
        '--match <key>',
        'change the people who have the same id, external id or email (default: create everyone)',
      ).choices(matches),
      new Option('--dry-run', 'check and count, but write nothing').conflicts('importId'),
      new Option(
        '--faults <file>',
        'write those who cannot be imported to a file, to correct them',
      ),
      new Option('--import-id <id>', 'go on with an import of the same file'),
      new Option('--new-ids', 'ignore the ids in the file').conflicts('match'),
      new Option(
        '--encoding <name>',
        'such as windows-1252 (default: UTF-8, or the byte order mark)',
      ),
    ],
  })
    .argument('<FILE>', 'people; - for standard input')
    .action((path: string, options: ImportOptions) =>
      withSession(options, (session) => importFile(path, options, session)),
    );
}

const faultView: View<Fault> = {
  columns: [
    { header: 'LINE', text: ({ line }) => String(line), numeric: true },
    { header: 'NAME', text: ({ name }) => name },
    { header: 'FAULT', text: ({ problems }) => fieldsLine(problems), color: () => 'red' },
  ],
  json: ({ line, name, problems }) => ({ line, name, problems }),
};

async function importFile(path: string, options: ImportOptions, session: Session): Promise<void> {
  const { call } = session;
  const file = await openText(path, options.encoding, call.signal);
  const progress = startProgress(transferStream(), 'people read', { fraction: file.fraction });
  try {
    const reader = await openPeopleReader(file.text, {
      format: options.format ?? formatOfName(path),
      ...(options.map !== undefined && { map: options.map }),
    });
    const faults =
      options.faults === undefined
        ? undefined
        : await FaultsFile.create(options.faults, path, reader.frame);
    try {
      const run = new ImportRun(path, options, session);
      await run.import(reader, faults, (items) => progress.counted(items));
    } finally {
      await faults?.close();
    }
  } finally {
    progress.end();
    file.close();
  }
}

/** One import, and what is reported about it. */
class ImportRun {
  readonly #path: string;
  readonly #options: ImportOptions;
  readonly #session: Session;
  readonly #importId: string | undefined;
  readonly #leftOut = new Map<string, number>();
  #progress: ImportPeopleProgress | undefined;

  constructor(path: string, options: ImportOptions, session: Session) {
    this.#path = path;
    this.#options = options;
    this.#session = session;
    this.#importId = options.dryRun === true ? undefined : (options.importId ?? randomUUID());
    session.onInterrupt(() => this.#doneText());
  }

  async import(
    reader: PeopleReader,
    file: FaultsFile | undefined,
    counted: <T>(items: AsyncIterable<T>) => AsyncIterable<T>,
  ): Promise<void> {
    const rows = this.#session.openRows(faultView);
    const report = new ImportReport(async (faults) => {
      await file?.add(faults.map(({ source }) => source));
      for (const fault of faults) await rows.add(fault);
    }, file !== undefined);
    try {
      await this.#call(counted(this.#people(reader, report)), report);
    } finally {
      await rows.end().catch(() => undefined);
    }
    this.#warn(reader);
    await this.#finish(report.faulty);
  }

  async #call(people: AsyncIterable<PersonInput>, report: ImportReport): Promise<void> {
    const { directory, call } = this.#session;
    const options: ImportPeopleOptions = {
      dryRun: this.#options.dryRun,
      importId: this.#importId,
      match: this.#options.match,
      signal: call.signal,
      onFaults: (faults) => report.addServerFaults(faults),
      onProgress: (progress) => {
        this.#progress = progress;
        report.commit(progress.committed);
      },
    };
    try {
      this.#progress = await directory.people.importPeople(people, options);
    } catch (error) {
      const failure = error instanceof RpcError ? toCliError(error) : error;
      if (!(failure instanceof CliError) || call.signal.aborted) throw failure;
      throw new CliError(failure.code, `${failure.message}; ${this.#doneText()}`, { cause: error });
    }
  }

  async *#people(reader: PeopleReader, report: ImportReport): AsyncGenerator<PersonInput> {
    try {
      for await (const entry of reader.entries) {
        if (entry.person === undefined) {
          await report.addFault(entry);
          continue;
        }
        for (const name of entry.leftOut ?? []) {
          this.#leftOut.set(name, (this.#leftOut.get(name) ?? 0) + 1);
        }
        await report.addPerson(entry);
        yield this.#options.newIds === true ? { ...entry.person, id: 0 } : entry.person;
      }
    } catch (error) {
      if (!(error instanceof ColumnError || error instanceof RangeError)) throw error;
      throw usageError(`${sourceName(this.#path)}: ${error.message}`, error);
    }
  }

  /** What was done so far, and the command that goes on. */
  #doneText(): string {
    if (this.#importId === undefined) return 'nothing was written';
    const { committed = 0 } = this.#progress ?? {};
    const done =
      committed === 0
        ? 'nothing was imported'
        : `the first ${countOf(committed, 'person', 'people')} are done`;
    return `${done}; go on with: ${resumeCommand(process.argv.slice(2), this.#importId)}`;
  }

  #warn(reader: PeopleReader): void {
    const ignored = reader.ignoredColumns();
    if (ignored.length > 0) {
      warn(`these columns were not imported: ${ignored.join(', ')}; --map names their fields`);
    }
    if (this.#leftOut.size > 0) {
      const names = [...this.#leftOut].map(([name, count]) => `${count} ${name}`);
      warn(`too large for the directory, and left out of their vCards: ${names.join(', ')}`);
    }
  }

  async #finish(faulty: number): Promise<void> {
    const { created = 0, updated = 0, unchanged = 0 } = this.#progress ?? {};
    const { json, print, summary } = this.#session;
    const counts = { created, updated, unchanged, faulty };
    if (json) await print({ importId: this.#importId, ...counts }, '');
    const done = countOf(created + updated + unchanged, 'person', 'people');
    const parts = Object.entries(counts).flatMap(([name, count]) =>
      count > 0 && name !== 'faulty' ? [`${count.toLocaleString('en')} ${name}`] : [],
    );
    const detail = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
    summary(`${done} ${this.#options.dryRun === true ? 'can be imported' : 'imported'}${detail}`);
    if (faulty === 0) return;
    const { faults } = this.#options;
    const advice = faults === undefined ? '' : `; correct them in ${faults}, and import that file`;
    const what = this.#options.dryRun === true ? 'cannot be imported' : 'not imported';
    throw new CliError(exitCode.invalid, `${countOf(faulty, 'person', 'people')} ${what}${advice}`);
  }
}
