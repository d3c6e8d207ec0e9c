import {
  ImportMatch,
  type ImportPersonsResponse,
  type ImportFault,
  type ImportOptions,
  type ImportPersonsRequest,
  type Person,
} from '../../gen/personguide/person_guide.js';
import { Fields, MessageBuilder, type Encoded } from './encoded.js';
import { invalid, type Violation } from './errors.js';
import { toFault } from './import-plan.js';
import { isPlainPerson } from './plain-person.js';
import { encodeRecorded } from './recorded-people.js';
import { DECODED, slices } from './slices.js';
import type { ImportedPerson, ImportMatchBy, ImportProgress, ImportStore } from './store.js';
import { importViolations } from './validation.js';
import type { WriteContext } from './written-ids.js';

/** People per request. */
const MAX_PEOPLE = 10_000;

/** The tag of the field with the people of a request. */
const PEOPLE_TAG = (2 << 3) | 2;

/** Faults per response; each takes at most about 4 KiB. */
const FAULTS_PER_RESPONSE = 500;

/** Of a person with more, the first ones are reported: a small request must not make a large response. */
const MAX_VIOLATIONS = 10;

const IMPORT_ID = /^[\x21-\x7e]{1,128}$/;

const NO_PROGRESS: ImportProgress = { committed: 0, created: 0, updated: 0, unchanged: 0 };

/**
 * Imports the people of the requests, one transaction per request. Yields first how far the import
 * is, with the faults of earlier calls, and then a response, or several, for each request with
 * people. Rejects with `invalid` and IMPORT_CONFLICT; what has been responded to stays imported.
 */
export async function* importPeople(
  store: ImportStore,
  batches: AsyncIterable<readonly Encoded<ImportPersonsRequest>[]>,
  decode: ImportDecoder,
  options: WriteContext,
): AsyncGenerator<ImportPersonsResponse, void, undefined> {
  let running: Import | undefined;
  for await (const requests of batches) {
    for (const bytes of requests) {
      options.signal?.throwIfAborted();
      const request = divided(bytes, decode);
      if (running === undefined) {
        running = new Import(store, request, decode, options);
        yield* running.start();
      }
      if (request.people.length > 0) yield* running.add(request.people);
    }
  }
}

/** Decodes what an import receives. Throws `invalid` if it is malformed. */
export interface ImportDecoder {
  request(bytes: Encoded<ImportPersonsRequest>): ImportPersonsRequest;
  person(bytes: Encoded<Person>): Person;
}

/** A request whose people are still encoded: a large one is not decoded in one turn. */
interface DividedRequest {
  readonly options: ImportOptions | undefined;
  /** One too many if there are too many. */
  readonly people: readonly Encoded<Person>[];
}

function divided(bytes: Encoded<ImportPersonsRequest>, decode: ImportDecoder): DividedRequest {
  const people: Encoded<Person>[] = [];
  const others = new MessageBuilder(0);
  try {
    const fields = new Fields(bytes);
    while (fields.next() && people.length <= MAX_PEOPLE) {
      if (fields.tag === PEOPLE_TAG) people.push(bytes.subarray(fields.contentAt, fields.end));
      else others.raw(bytes, fields.start, fields.end);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // It is malformed, or has groups, which only the generated decoder knows.
    const { options, people: decoded } = decode.request(bytes);
    return { options, people: decoded.map(encodeRecorded) };
  }
  return { options: decode.request(others.finish()).options, people };
}

/** One call. */
class Import {
  readonly #store: ImportStore;
  readonly #decode: ImportDecoder;
  readonly #options: WriteContext;
  readonly #importId: string | undefined;
  readonly #dryRun: boolean;
  readonly #match: ImportMatchBy;
  #progress = NO_PROGRESS;

  constructor(
    store: ImportStore,
    first: DividedRequest,
    decode: ImportDecoder,
    options: WriteContext,
  ) {
    checkFirst(first);
    const { importId = '', dryRun = false, match } = first.options ?? {};
    this.#store = store;
    this.#decode = decode;
    this.#options = options;
    this.#importId = importId === '' ? undefined : importId;
    this.#dryRun = dryRun;
    this.#match = matchBy(match);
  }

  /** How far the import is; the faults of earlier calls take as many responses as they need. */
  async *start(): AsyncGenerator<ImportPersonsResponse, void, undefined> {
    const importId = this.#importId;
    const known = importId && (await this.#store.findImport(importId, this.#options));
    if (importId === undefined || !known) {
      yield toResponse(NO_PROGRESS);
      return;
    }
    this.#progress = known;
    let faults: readonly ImportFault[] = [];
    do {
      const after = faults.at(-1)?.index ?? -1;
      faults = await this.#listFaults(importId, after);
      yield toResponse(known, faults);
    } while (faults.length === FAULTS_PER_RESPONSE);
  }

  /** Imports the next people. The last response has the new progress, those before it the old one. */
  async *add(
    people: readonly Encoded<Person>[],
  ): AsyncGenerator<ImportPersonsResponse, void, undefined> {
    if (people.length > MAX_PEOPLE) {
      throw invalid([{ field: 'people', description: `must be at most ${MAX_PEOPLE}` }]);
    }
    const before = this.#progress;
    const faults = await this.#commit(people);
    let reported = 0;
    for (; faults.length - reported > FAULTS_PER_RESPONSE; reported += FAULTS_PER_RESPONSE) {
      yield toResponse(before, faults.slice(reported, reported + FAULTS_PER_RESPONSE));
    }
    yield toResponse(this.#progress, faults.slice(reported));
  }

  async #commit(people: readonly Encoded<Person>[]): Promise<readonly ImportFault[]> {
    const { committed, created, updated, unchanged } = this.#progress;
    const outcome = await this.#store.importPeople(
      {
        ...(await this.#sorted(people, committed)),
        match: this.#match,
        dryRun: this.#dryRun,
        importId: this.#importId,
        committedBefore: committed,
        committedAfter: committed + people.length,
      },
      this.#options,
    );
    this.#progress = {
      committed: committed + people.length,
      created: created + outcome.created,
      updated: updated + outcome.updated,
      unchanged: unchanged + outcome.unchanged,
    };
    if (!this.#dryRun) this.#options.onWritten?.(outcome.writtenIds);
    return outcome.faults;
  }

  /**
   * Separates the valid people from the faults of the others, in slices; `first` is the place of the
   * first one.
   */
  async #sorted(
    people: readonly Encoded<Person>[],
    first: number,
  ): Promise<{ people: ImportedPerson[]; faults: ImportFault[] }> {
    const valid: ImportedPerson[] = [];
    const faults: ImportFault[] = [];
    for (const [place, encoded] of people.entries()) {
      const index = first + place;
      const isPlain = isPlainPerson(encoded);
      const turn = slices.take(isPlain ? encoded.length : encoded.length * DECODED);
      if (turn !== undefined) await turn;
      const checked = isPlain ? encoded : this.#checked(encoded);
      if (checked instanceof Uint8Array) valid.push({ index, person: checked });
      else faults.push(toFault(index, invalid(checked)));
    }
    return { people: valid, faults };
  }

  /** The person as it is stored, or its violations. */
  #checked(encoded: Encoded<Person>): Encoded<Person> | readonly Violation[] {
    const person = this.#decode.person(encoded);
    const violations = importViolations(person).slice(0, MAX_VIOLATIONS);
    return violations.length === 0 ? encodeRecorded(person) : violations;
  }

  #listFaults(importId: string, afterIndex: number): Promise<readonly ImportFault[]> {
    return this.#store.listImportFaults(importId, afterIndex, FAULTS_PER_RESPONSE, this.#options);
  }
}

function checkFirst({ options, people }: DividedRequest): void {
  if (options === undefined || options.importId === '') return;
  if (!IMPORT_ID.test(options.importId)) {
    reject('options.import_id', 'must be 1 to 128 visible ASCII characters');
  }
  if (options.dryRun) reject('options.dry_run', 'must not be combined with an import_id');
  if (people.length > 0) {
    reject('people', 'must follow the first response, which says how many to skip');
  }
}

function matchBy(
  match: ImportOptions['match'] = ImportMatch.IMPORT_MATCH_UNSPECIFIED,
): ImportMatchBy {
  switch (match) {
    case ImportMatch.IMPORT_MATCH_UNSPECIFIED:
      return 'none';
    case ImportMatch.IMPORT_MATCH_ID:
      return 'id';
    case ImportMatch.IMPORT_MATCH_EXTERNAL_ID:
      return 'external-id';
    case ImportMatch.IMPORT_MATCH_EMAIL:
      return 'email';
    default:
      return reject('options.match', `${match} is not a known match`);
  }
}

function reject(field: string, description: string): never {
  throw invalid([{ field, description }]);
}

function toResponse(
  { committed, created, updated, unchanged }: ImportProgress,
  faults: readonly ImportFault[] = [],
): ImportPersonsResponse {
  return { committed, created, updated, unchanged, faults: [...faults] };
}
