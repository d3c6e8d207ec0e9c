import { Person, type ImportFault } from '../../gen/personguide/person_guide.js';
import type { Encoded } from './encoded.js';
import {
  externalIdTaken,
  invalid,
  noPersonIdLeft,
  personExists,
  type DirectoryError,
} from './errors.js';
import { countOf, withoutIds, type FreeIds } from './free-ids.js';
import { isSame, withFields } from './person-change.js';
import { setFields } from './person-fields.js';
import { etagOf, type PersonRow, rowsOf } from './person-row.js';
import { DECODED, slices } from './slices.js';
import type { ImportBatch, ImportOutcome } from './store.js';

/** For how long an import can be resumed, in milliseconds. */
export const IMPORT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** Imports that were last changed at this time or before it have expired. */
export function importExpiredAtMs(now: Date): number {
  return now.getTime() - IMPORT_LIFETIME_MS;
}

/** What a driver looks up, within the transaction of the batch, before it is planned. */
export interface ImportLookups {
  readonly ids: readonly number[];
  readonly externalIds: readonly string[];
  readonly emails: readonly string[];
}

/** What the driver has found. */
export interface ImportContext {
  /** The stored people of the ids, external ids and emails, by id. */
  readonly live: ReadonlyMap<number, Encoded<Person>>;
  /** The deleted people of the ids. */
  readonly deleted: ReadonlyMap<number, Encoded<Person>>;
  readonly idsByExternalId: ReadonlyMap<string, number>;
  /** The lowest id of those with the email, `emails` included. */
  readonly idsByEmail: ReadonlyMap<string, number>;
  readonly freeIds: FreeIds;
  /** The revision of this write. */
  readonly revision: number;
  readonly now: Date;
}

/** What a batch writes. */
export interface ImportPlan {
  /** To insert, or to replace those of `live`; deleted people of these ids go. Each id once. */
  readonly rows: readonly PersonRow[];
  readonly outcome: ImportOutcome;
  /** What is left of the free ids. */
  readonly freeIds: FreeIds;
}

/** A batch whose people are messages. */
export interface DecodedBatch extends ImportBatch {
  readonly people: readonly { readonly index: number; readonly person: Person }[];
}

/** Decodes the people of a batch, in slices. */
export async function decodedBatch(batch: ImportBatch): Promise<DecodedBatch> {
  const people: { index: number; person: Person }[] = [];
  for (const { index, person } of batch.people) {
    if (person instanceof Uint8Array) {
      const turn = slices.take(person.length * DECODED);
      if (turn !== undefined) await turn;
      people.push({ index, person: Person.decode(person) });
    } else {
      people.push({ index, person });
    }
  }
  return { ...batch, people };
}

/** Finds out what the batch needs; each list has each value once. */
export function importLookups({ people, match }: DecodedBatch): ImportLookups {
  const ids = new Set<number>();
  const externalIds = new Set<string>();
  const emails = new Set<string>();
  for (const { person } of people) {
    if (person.id > 0 && namesIds(match)) ids.add(person.id);
    if (person.externalId !== '') externalIds.add(person.externalId);
    if (person.email !== '' && match === 'email') emails.add(person.email);
  }
  return { ids: [...ids], externalIds: [...externalIds], emails: [...emails] };
}

/** Elsewhere the ids of imported people are those of another directory, and are ignored. */
function namesIds(match: ImportBatch['match']): boolean {
  return match === 'none' || match === 'id';
}

/**
 * Decides what a batch writes. People are taken in order, and each one sees those before it. A
 * person who cannot be imported becomes a fault and changes nothing. A deleted person of a named
 * id comes back (counted as created) if people are matched by id.
 */
export function planImport(batch: DecodedBatch, context: ImportContext): ImportPlan {
  const plan = new Planner(batch.match, context);
  const faults: ImportFault[] = [...batch.faults];
  const counts = { created: 0, updated: 0, unchanged: 0 };
  for (const { index, person } of batch.people) {
    const done = plan.add(person);
    if (typeof done === 'string') counts[done] += 1;
    else faults.push(toFault(index, done));
  }
  faults.sort((one, other) => one.index - other.index);
  const rows = plan.rows();
  const writtenIds = rows.map(({ id }) => id);
  return { rows, outcome: { ...counts, faults, writtenIds }, freeIds: plan.freeIds };
}

class Planner {
  readonly #match: ImportBatch['match'];
  readonly #context: ImportContext;
  readonly #changed = new Map<number, Person>();
  /** What each changed person gets. */
  readonly #stamp: Pick<Person, 'etag' | 'lastUpdated'>;
  readonly #idsByExternalId: Map<string, number>;
  readonly #idsByEmail: Map<string, number>;
  freeIds: FreeIds;

  constructor(match: ImportBatch['match'], context: ImportContext) {
    this.#match = match;
    this.#stamp = { etag: etagOf(context.revision), lastUpdated: context.now };
    this.#context = context;
    this.#idsByExternalId = new Map(context.idsByExternalId);
    this.#idsByEmail = new Map(context.idsByEmail);
    this.freeIds = context.freeIds;
  }

  rows(): PersonRow[] {
    return rowsOf([...this.#changed.values()]);
  }

  add(person: Person): 'created' | 'updated' | 'unchanged' | DirectoryError {
    const id = this.#matched(person);
    const stored = id === undefined ? undefined : this.#find(id);
    if (stored === undefined) return this.#create(person);
    const changed = withFields(stored, person, setFields(person));
    if (isSame(stored, changed)) return 'unchanged';
    return this.#put(stored, { ...changed, ...this.#stamp }) ?? 'updated';
  }

  #matched({ id, externalId, email }: Person): number | undefined {
    switch (this.#match) {
      case 'none':
        return undefined;
      case 'id':
        return id > 0 ? id : undefined;
      case 'external-id':
        return this.#idsByExternalId.get(externalId);
      case 'email':
        return this.#idsByEmail.get(email);
    }
  }

  /** The person as the people before this one have left it. */
  #find(id: number): Person | undefined {
    const changed = this.#changed.get(id);
    if (changed !== undefined) return changed;
    const stored = this.#context.live.get(id);
    return stored === undefined ? undefined : Person.decode(stored);
  }

  #create(person: Person): 'created' | DirectoryError {
    if (person.name.trim() === '') return blankName();
    const named = namesIds(this.#match) ? person.id : 0;
    if (named > 0 && this.#isTaken(named)) return personExists();
    if (named === 0 && countOf(this.freeIds) === 0) return noPersonIdLeft();
    const id = named > 0 ? named : this.freeIds.first;
    const back = this.#context.deleted.get(id);
    const createTime = back === undefined ? this.#context.now : Person.decode(back).createTime;
    const created = { ...person, id, createTime, deleteTime: undefined, ...this.#stamp };
    return this.#put(undefined, created) ?? 'created';
  }

  #isTaken(id: number): boolean {
    if (this.#find(id) !== undefined) return true;
    return this.#match === 'none' && this.#context.deleted.has(id);
  }

  /** Undefined if the person can be stored. */
  #put(before: Person | undefined, person: Person): DirectoryError | undefined {
    const { id, externalId } = person;
    const owner = externalId === '' ? undefined : this.#idsByExternalId.get(externalId);
    if (owner !== undefined && owner !== id) return externalIdTaken();
    if (before !== undefined && before.externalId !== externalId) {
      this.#idsByExternalId.delete(before.externalId);
    }
    if (externalId !== '') this.#idsByExternalId.set(externalId, id);
    this.#moveEmails(before, person);
    this.#changed.set(id, person);
    this.freeIds = withoutIds(this.freeIds, [id]);
    return undefined;
  }

  /** An email that a person no longer has is unknown from here on, although others may have it. */
  #moveEmails(before: Person | undefined, person: Person): void {
    if (this.#match !== 'email') return;
    const emails = emailsOf(person);
    for (const email of before === undefined ? [] : emailsOf(before)) {
      if (!emails.includes(email) && this.#idsByEmail.get(email) === person.id) {
        this.#idsByEmail.delete(email);
      }
    }
    for (const email of emails) {
      const owner = this.#idsByEmail.get(email);
      if (owner === undefined || owner > person.id) this.#idsByEmail.set(email, person.id);
    }
  }
}

function emailsOf({ email, emails }: Person): string[] {
  return [email, ...emails.map(({ address }) => address)].filter((address) => address !== '');
}

function blankName(): DirectoryError {
  return invalid([{ field: 'name', description: 'must not be empty' }]);
}

/** The codes of google.rpc.Code that a fault may have. */
const CODE = { invalid: 3, 'already-exists': 6, exhausted: 8 } as const;

/** A person who cannot be imported, as the response has it. */
export function toFault(
  index: number,
  { reason, message, violations }: DirectoryError,
): ImportFault {
  const code = reason === 'invalid' || reason === 'already-exists' ? CODE[reason] : CODE.exhausted;
  return { index, code, message, violations: violations.map((violation) => ({ ...violation })) };
}
