import {
  ImportMatch,
  Person,
  type ImportPersonsResponse,
} from '../../../../gen/personguide/person_guide.js';
import type { Entry, Frame, PeopleReader, PersonEntry, Problem } from '../../../formats/entry.js';
import { formatOfName, openPeopleReader } from '../../../formats/format.js';
import { CallError } from '../api/call-error.js';
import { encodeImport, type DirectoryApi } from '../api/directory-api.js';
import { newKey } from '../api/transport.js';
import { Observable } from '../observable.js';
import { openFileText } from './file-text.js';

/** Someone who was not imported. */
export interface Fault {
  /** The number (from 1) of the first line. */
  readonly line: number;
  readonly name: string;
  readonly problems: readonly Problem[];
  /** The text in the file. */
  readonly source: string;
}

/** What an import has done so far. */
export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** How an import is made. */
export interface ImportOptions {
  readonly match: ImportMatch;
  /** Checks and counts, but writes nothing. */
  readonly isDryRun: boolean;
}

/** What an import is doing. */
export type ImportState = 'running' | 'waiting' | 'done' | 'failed' | 'stopped';

const BATCH_PEOPLE = 1000;
const BATCH_BYTES = 1024 * 1024;
/** So many faults are kept with their texts; further ones are only counted. */
const MAX_FAULTS = 10_000;
const RETRY_MS = 1000;
const NO_COUNTS: ImportCounts = { created: 0, updated: 0, unchanged: 0 };

/** People who are sent in one call. */
interface Batch {
  entries: PersonEntry[];
  people: Person[];
  bytes: number;
}

/**
 * Imports a file in batches, a call each. The server remembers how far an import is, so that it goes
 * on after a lost connection, and imports everyone once.
 */
export class ImportRun extends Observable {
  readonly #api: DirectoryApi;
  readonly #file: File;
  readonly #options: ImportOptions;
  readonly #importId = newKey();
  readonly #stopped = new AbortController();
  readonly #faults: Fault[] = [];
  #frame: Frame = { head: '', separator: '\n', end: '\n', tail: '' };
  #faulty = 0;
  #counts = NO_COUNTS;
  #state: ImportState = 'running';
  #error: unknown;
  #fraction = 0;
  #sent = 0;
  #ignoredColumns: readonly string[] = [];

  constructor(api: DirectoryApi, file: File, options: ImportOptions) {
    super();
    this.#api = api;
    this.#file = file;
    this.#options = options;
  }

  get state(): ImportState {
    return this.#state;
  }

  get counts(): ImportCounts {
    return this.#counts;
  }

  /** How much of the file is done, from 0 to 1. */
  get fraction(): number {
    return this.#fraction;
  }

  /** The first of the faults. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** How many people were not imported. */
  get faulty(): number {
    return this.#faulty;
  }

  get error(): unknown {
    return this.#error;
  }

  get isDryRun(): boolean {
    return this.#options.isDryRun;
  }

  /** The columns with values that belong to no field. */
  get ignoredColumns(): readonly string[] {
    return this.#ignoredColumns;
  }

  /** The people who were not imported, in the format of the file. */
  faultyText(): string {
    const { head, separator, end, tail } = this.#frame;
    const sources = this.#faults.map(({ source }) => source);
    return head + sources.join(separator) + end + tail;
  }

  /** Ends the import; what is imported stays. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Imports the file. Never rejects: `state` and `error` say how it went. */
  async run(): Promise<void> {
    try {
      await this.#import();
      this.#state = 'done';
      this.#fraction = 1;
    } catch (error) {
      this.#state = this.#stopped.signal.aborted ? 'stopped' : 'failed';
      this.#error = error;
    }
    this.changed();
  }

  async #import(): Promise<void> {
    const { text, fraction } = await openFileText(this.#file);
    const format = formatOfName(this.#file.name);
    const reader = await openPeopleReader(text, { format });
    let batch: Batch = { entries: [], people: [], bytes: 0 };
    for await (const entry of reader.entries) {
      this.#add(entry, batch, reader);
      if (batch.people.length < BATCH_PEOPLE && batch.bytes < BATCH_BYTES) continue;
      await this.#send(batch);
      this.#fraction = fraction();
      this.changed();
      batch = { entries: [], people: [], bytes: 0 };
    }
    this.#ignoredColumns = reader.ignoredColumns();
    if (batch.people.length > 0) await this.#send(batch);
  }

  #add(entry: Entry, batch: Batch, reader: PeopleReader): void {
    this.#frame = reader.frame();
    if (entry.person === undefined) {
      this.#addFault({ name: '', ...entry });
      return;
    }
    const isNew = this.#options.match === ImportMatch.IMPORT_MATCH_UNSPECIFIED;
    const input = isNew ? { ...entry.person, id: 0 } : entry.person;
    const person = Person.fromPartial(input as Partial<Person>);
    batch.entries.push(entry);
    batch.people.push(person);
    batch.bytes += entry.source.length;
  }

  /** Sends a batch, as often as it takes while the server cannot be reached. */
  async #send(batch: Batch): Promise<void> {
    const { signal } = this.#stopped;
    const before = this.#counts;
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted();
      try {
        // After a lost connection the server may have the batch already.
        if (!isFirst && !this.isDryRun && (await this.#committed()) > this.#sent) break;
        await this.#call(batch, before);
        break;
      } catch (error) {
        if (!(error instanceof CallError) || !error.isTransient) throw error;
        this.#state = 'waiting';
        this.changed();
        await pause(error.retryDelayMs ?? RETRY_MS, signal);
      }
    }
    this.#state = 'running';
    this.#sent += batch.people.length;
  }

  get #settings(): Uint8Array {
    const { match, isDryRun } = this.#options;
    const importId = isDryRun ? '' : this.#importId;
    return encodeImport({ options: { importId, dryRun: isDryRun, match }, people: [] });
  }

  /** How many people of the import the server has. */
  async #committed(): Promise<number> {
    let committed = 0;
    for await (const response of this.#api.importPersons([this.#settings], this.#stopped.signal)) {
      ({ committed } = response);
      this.#counts = countsOf(response);
    }
    return committed;
  }

  async #call({ people, entries }: Batch, before: ImportCounts): Promise<void> {
    const requests = [this.#settings, encodeImport({ people })];
    // A dry run has no id: each of its calls counts from 0.
    const firstIndex = this.isDryRun ? 0 : this.#sent;
    const faults: Fault[] = [];
    for await (const response of this.#api.importPersons(requests, this.#stopped.signal)) {
      this.#counts = this.isDryRun ? sumOf(before, countsOf(response)) : countsOf(response);
      for (const { index, message, violations } of response.faults) {
        const entry = entries[index - firstIndex];
        // The faults of earlier batches come again.
        if (entry === undefined) continue;
        const problems = violations.length > 0 ? violations : [{ field: '', description: message }];
        const { line, source, person } = entry;
        faults.push({ line, name: person.name ?? '', problems, source });
      }
    }
    for (const fault of faults) this.#addFault(fault);
    // Those that the server has found come after those that keep a line from being a person.
    this.#faults.sort((first, second) => first.line - second.line);
  }

  #addFault(fault: Fault): void {
    this.#faulty += 1;
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
  }
}

function countsOf({ created, updated, unchanged }: ImportPersonsResponse): ImportCounts {
  return { created, updated, unchanged };
}

function sumOf(first: ImportCounts, second: ImportCounts): ImportCounts {
  return {
    created: first.created + second.created,
    updated: first.updated + second.updated,
    unchanged: first.unchanged + second.unchanged,
  };
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
