import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import {
  ImportMatch,
  ImportPersonsRequest,
  type ImportFault,
  type ImportPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions } from './call-options.js';
import type { MessageType, ResponseStream } from './definition.js';
import { backoffMs, type LongCall } from './long-call.js';
import type { MetadataInit } from './metadata.js';
import {
  BOOLEAN,
  checkRules,
  COUNT,
  DURATION,
  FUNCTION,
  METADATA,
  SIGNAL,
  type Rules,
} from './option-rules.js';
import type { PersonBatch, PersonBatches } from './person-batches.js';
import { RpcError } from './rpc-error.js';

/** How to import people. */
export interface ImportPeopleOptions {
  /** Checks and counts everything, and writes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Names the import, so that another process can resume it: with the same id and the same people it
   * skips those that are done. 1 to 128 visible ASCII characters. Default: a random one.
   */
  readonly importId?: string | undefined;
  /**
   * Which stored person an imported one updates: the one with the same id, external id or email.
   * Default: none, so everyone is created.
   */
  readonly match?: 'id' | 'external-id' | 'email' | undefined;
  /** Called after each batch. The import goes on when the returned promise resolves. */
  readonly onProgress?: ((progress: ImportPeopleProgress) => void | Promise<void>) | undefined;
  /** Called with the faults of each batch, in ascending order of index. */
  readonly onFaults?: ((faults: readonly ImportFault[]) => void | Promise<void>) | undefined;
  /** How many people go into one transaction: 1 to 10,000, default 2,000. A batch may have fewer. */
  readonly batchSize?: number | undefined;
  /** How long to try to resume after the connection is lost. Default 60,000. */
  readonly resumeTimeoutMs?: number | undefined;
  /** Ends the import with CANCELLED; batches that are stored stay. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with each call. Replaces the client's own metadata of the same names. */
  readonly metadata?: MetadataInit | undefined;
}

/** How far an import is, earlier calls with its id included. */
export interface ImportPeopleProgress {
  /** Undefined for a dry run, which cannot be resumed by another process. */
  readonly importId: string | undefined;
  /** How many people are done: the sum of the four below. */
  readonly committed: number;
  readonly created: number;
  readonly updated: number;
  /** People who were already as imported. */
  readonly unchanged: number;
  /** People who were not imported, because of a fault. */
  readonly faulty: number;
}

/** The result of an import. */
export interface ImportSummary extends ImportPeopleProgress {
  /** The first faults, at most 1,000; `onFaults` gets all of them. */
  readonly faults: readonly ImportFault[];
}

/** How many batches may be on their way. */
const MAX_BATCHES = 4;

const MAX_KEPT_FAULTS = 1000;

export const DEFAULT_BATCH_SIZE = 2000;

const DEFAULT_RESUME_TIMEOUT_MS = 60_000;

/** How many calls may fail before the first response; later, so many fail before it gives up. */
const MIN_FAILURES = 4;

const MATCHES = {
  none: ImportMatch.IMPORT_MATCH_UNSPECIFIED,
  id: ImportMatch.IMPORT_MATCH_ID,
  'external-id': ImportMatch.IMPORT_MATCH_EXTERNAL_ID,
  email: ImportMatch.IMPORT_MATCH_EMAIL,
};

const RULES: Rules = {
  dryRun: BOOLEAN,
  importId: [
    (value) => typeof value === 'string' && /^[!-~]{1,128}$/.test(value),
    '1 to 128 visible ASCII characters',
  ],
  match: [
    (value) => Object.hasOwn(MATCHES, String(value)) && value !== 'none',
    "'id', 'external-id' or 'email'",
  ],
  onProgress: FUNCTION,
  onFaults: FUNCTION,
  batchSize: [(value) => COUNT[0](value) && Number(value) <= 10_000, 'a whole number up to 10,000'],
  resumeTimeoutMs: DURATION,
  signal: SIGNAL,
  metadata: METADATA,
};

/** Throws a TypeError that names the first option that is unknown or wrong. */
export function checkImportOptions(options: ImportPeopleOptions): void {
  checkRules('importPeople', options, RULES);
  if (options.dryRun === true && options.importId !== undefined) {
    throw new TypeError('importPeople: a dry run cannot have an importId');
  }
}

/** An ImportPersonsRequest that is already encoded. */
export interface EncodedRequest {
  readonly bytes: Uint8Array;
}

/** The type of requests that are already encoded. */
export const ENCODED_REQUEST: MessageType = {
  encode: ({ bytes }: EncodedRequest) => ({ finish: () => bytes }),
  decode: (bytes) => ({ bytes }),
  fromPartial: (request: EncodedRequest) => request,
};

/** Makes one ImportPersons call. */
export type ImportCall = (
  requests: AsyncIterable<EncodedRequest>,
  options: CallOptions,
) => ResponseStream<ImportPersonsResponse>;

const NOTHING: Omit<ImportPeopleProgress, 'importId' | 'faulty'> = {
  committed: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
};

/**
 * One import over as many ImportPersons calls as it takes. It holds the batches that are not known
 * to be stored, at most four, and sends them again when a call is lost.
 */
export class PeopleImport {
  readonly #importPersons: ImportCall;
  readonly #source: PersonBatches;
  readonly #options: ImportPeopleOptions;
  readonly #call: LongCall;
  readonly #importId: string | undefined;
  readonly #faults: ImportFault[] = [];
  #progress = NOTHING;
  /** The progress of a dry run before the current call, whose numbers begin with 0. */
  #base = NOTHING;
  #lastFault = -1;
  #pending: PersonBatch[] = [];
  #reading = false;
  #exhausted = false;
  #sourceError: { readonly error: unknown } | undefined;
  /** Counts the calls. */
  #attempt = 0;
  /** Whether the current call has had a response. */
  #welcome = false;
  #hadResponse = false;
  /** The failures since the last progress. */
  #failures = 0;
  #failingSinceMs = 0;
  #wake: () => void = () => undefined;

  constructor(
    importPersons: ImportCall,
    source: PersonBatches,
    options: ImportPeopleOptions,
    call: LongCall,
  ) {
    this.#importPersons = importPersons;
    this.#source = source;
    this.#options = options;
    this.#call = call;
    this.#importId = options.dryRun === true ? undefined : (options.importId ?? randomUUID());
  }

  async run(): Promise<ImportSummary> {
    this.#call.begin();
    try {
      while (!(await this.#succeeds())) {
        if (this.#call.failure) throw this.#call.failure.error;
      }
      return { ...this.#report(), faults: this.#faults };
    } finally {
      this.#call.end();
      void this.#closeSource();
    }
  }

  /** Makes one call. False if another one is to be made. */
  async #succeeds(): Promise<boolean> {
    const { metadata } = this.#options;
    this.#attempt += 1;
    this.#welcome = false;
    this.#base = this.#importId === undefined ? this.#progress : NOTHING;
    try {
      const responses = this.#importPersons(this.#requests(), {
        signal: this.#call.signal,
        metadata,
      });
      for await (const response of responses) await this.#accept(response);
      if (this.#isComplete()) return true;
      throw this.#call.error(status.UNAVAILABLE, 'the server ended the call');
    } catch (error) {
      await this.#recover(error);
      return false;
    }
  }

  #isComplete(): boolean {
    return this.#exhausted && this.#source.read <= this.#progress.committed;
  }

  async *#requests(): AsyncGenerator<EncodedRequest, void> {
    const attempt = this.#attempt;
    yield { bytes: this.#firstRequest() };
    while (!this.#welcome) {
      await this.#change();
      if (attempt !== this.#attempt) return;
    }
    let sent = this.#progress.committed;
    for (;;) {
      const batch = this.#pending.find(({ end }) => end > sent);
      if (batch) {
        yield { bytes: bytesFrom(batch, sent) };
        sent = batch.end;
      } else if (this.#sourceError) {
        throw this.#sourceError.error;
      } else if (this.#exhausted) {
        return;
      } else {
        void this.#read();
        await this.#change();
      }
      if (attempt !== this.#attempt) return;
    }
  }

  #firstRequest(): Uint8Array {
    const { dryRun = false, match = 'none' } = this.#options;
    const options = { importId: this.#importId ?? '', dryRun, match: MATCHES[match] };
    return ImportPersonsRequest.encode({ options, people: [] }).finish();
  }

  /** Reads one batch, if there is room for it. Goes on when the call is lost meanwhile. */
  async #read(): Promise<void> {
    if (this.#reading || this.#pending.length >= MAX_BATCHES) return;
    this.#reading = true;
    try {
      await this.#source.skip(this.#progress.committed - this.#source.read);
      const batch = await this.#source.next();
      if (batch) this.#pending.push(batch);
      else this.#exhausted = true;
    } catch (error) {
      this.#sourceError = { error };
    }
    this.#reading = false;
    this.#wake();
  }

  async #accept(response: ImportPersonsResponse): Promise<void> {
    const progress = sumOf(this.#base, response);
    if (progress.committed < this.#progress.committed) {
      const details = 'the directory no longer has what it had of this import';
      throw this.#call.error(status.DATA_LOSS, details);
    }
    if (progress.committed > this.#progress.committed) this.#failures = 0;
    this.#progress = progress;
    this.#pending = this.#pending.filter(({ end }) => end > progress.committed);
    this.#welcome = true;
    this.#hadResponse = true;
    this.#wake();
    await this.#reportFaults(response.faults);
    await this.#options.onProgress?.(this.#report());
  }

  /** An import that is resumed gets all its faults again. */
  async #reportFaults(faults: readonly ImportFault[]): Promise<void> {
    const placed = faults.map((fault) => ({ ...fault, index: fault.index + this.#base.committed }));
    const fresh = placed.filter(({ index }) => index > this.#lastFault);
    if (fresh.length === 0) return;
    this.#lastFault = fresh.at(-1)?.index ?? this.#lastFault;
    this.#faults.push(...fresh.slice(0, MAX_KEPT_FAULTS - this.#faults.length));
    await this.#options.onFaults?.(fresh);
  }

  #report(): ImportPeopleProgress {
    const { committed, created, updated, unchanged } = this.#progress;
    const faulty = committed - created - updated - unchanged;
    return { importId: this.#importId, committed, created, updated, unchanged, faulty };
  }

  /** Gets ready for another call, or throws the error if there must not be one. */
  async #recover(error: unknown): Promise<void> {
    if (this.#call.ended) return;
    if (this.#failures === 0) this.#failingSinceMs = Date.now();
    this.#failures += 1;
    if (!this.#mayResume(error)) throw this.#call.withStack(error);
    await this.#call.pause(backoffMs(this.#failures, error));
  }

  #mayResume(error: unknown): error is RpcError {
    const { resumeTimeoutMs = DEFAULT_RESUME_TIMEOUT_MS } = this.#options;
    // The server may still be busy with a batch of the call that was lost.
    const isConflict = error instanceof RpcError && error.reason === 'IMPORT_CONFLICT';
    if (!isConflict && !this.#call.mayRetry(error, this.#hadResponse)) return false;
    if (this.#failures < MIN_FAILURES) return true;
    return this.#hadResponse && Date.now() - this.#failingSinceMs < resumeTimeoutMs;
  }

  /** Resolves when something has changed that the requests wait for. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #closeSource(): Promise<void> {
    try {
      await this.#source.close();
    } catch {
      // The import has already ended, so there is no way left to report this error.
    }
  }
}

function sumOf(base: typeof NOTHING, response: ImportPersonsResponse): typeof NOTHING {
  return {
    committed: base.committed + response.committed,
    created: base.created + response.created,
    updated: base.updated + response.updated,
    unchanged: base.unchanged + response.unchanged,
  };
}

/** The people of a batch from that place on. */
function bytesFrom({ start, bytes }: PersonBatch, place: number): Uint8Array {
  if (place <= start) return bytes;
  // Another process has imported a part of it, with other batches.
  const { people } = ImportPersonsRequest.decode(bytes);
  return ImportPersonsRequest.encode({
    options: undefined,
    people: people.slice(place - start),
  }).finish();
}
