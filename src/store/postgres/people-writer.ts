import type { Person } from '../../../gen/personguide/person_guide.js';
import type { Encoded } from '../../directory/encoded.js';
import { countOf, withoutIds, type FreeIds } from '../../directory/free-ids.js';
import { externalIdTaken } from '../../directory/errors.js';
import {
  keyChanges,
  keysRemoved,
  storedPersonRow,
  type PersonRow,
} from '../../directory/person-row.js';
import {
  findLargestGap,
  lockPeopleCounters,
  savePeopleCounters,
  type PeopleCounters,
} from './counters.js';
import { intArray, type RunStatement } from './database.js';
import { insertDeleted, removeDeleted } from './deleted-people-table.js';
import { packParameter } from './packed-parameter.js';
import { PACKED, unpack } from './packed.js';
import { changeIndexes } from './person-indexes.js';
import type { WrittenPerson } from './written-person.js';

type PeopleById = ReadonlyMap<number, Encoded<Person>>;

const FIND = {
  name: 'find_live_and_deleted_people',
  text: `
    select live.*, deleted.* from
      (select ${PACKED} from people where id = any($1::integer[])) as live,
      (select ${PACKED} from deleted_people where id = any($1::integer[])) as deleted`,
};

const FIND_OWNERS = {
  name: 'find_owners_of_external_ids',
  text: `
    select external_id, person_id from person_external_ids
    where external_id = any($1::text[])`,
};

const NEW_ROWS = `
  select id, email, substring($3::bytea from start for length), revision
  from unnest($1::integer[], $2::text[], $4::integer[], $5::integer[], $6::bigint[])
    as sent (id, email, start, length, revision)`;

const INSERT = {
  name: 'insert_people',
  text: `insert into people (id, email, message, revision) ${NEW_ROWS}`,
};

const UPDATE = {
  name: 'update_people',
  text: `
    update people set email = sent.email, message = sent.message, revision = sent.revision
    from (${NEW_ROWS}) as sent (id, email, message, revision)
    where people.id = sent.id`,
};

const REMOVE = {
  name: 'remove_people',
  text: 'delete from people where id = any($1::integer[])',
};

/** Waits until no other transaction changes people, and keeps them from it until the end. */
export async function lockPeople(run: RunStatement, now: Date): Promise<PeopleWriter> {
  return new PeopleWriter(run, await lockPeopleCounters(run), now);
}

/**
 * People within a transaction that changes them: as they are stored, and as the writes so far leave
 * them. The outcome of all writes is stored together, by a constant number of statements.
 */
export class PeopleWriter {
  readonly now: Date;
  readonly #run: RunStatement;
  #counters: PeopleCounters;
  readonly #storedLive = new Map<number, Encoded<Person>>();
  readonly #storedDeleted = new Map<number, Encoded<Person>>();
  readonly #storedOwners = new Map<string, number>();
  readonly #live = new Map<number, Encoded<Person>>();
  readonly #deleted = new Map<number, Encoded<Person>>();
  readonly #written = new Map<number, WrittenPerson>();
  readonly #newOwners = new Map<string, number>();

  /** `counters` are those within the transaction; see lockPeople. */
  constructor(run: RunStatement, counters: PeopleCounters, now: Date) {
    this.#run = run;
    this.#counters = counters;
    this.now = now;
  }

  /** Reads the people of those ids. */
  async load(ids: readonly number[]): Promise<void> {
    const { live, deleted } = await findPeople(this.#run, ids);
    for (const [id, message] of live) {
      this.#storedLive.set(id, message);
      this.#live.set(id, message);
    }
    for (const [id, message] of deleted) {
      this.#storedDeleted.set(id, message);
      this.#deleted.set(id, message);
    }
  }

  /** Reads who has those external ids. */
  async loadOwners(externalIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (externalIds.length === 0) return this.#storedOwners;
    const rows = await this.#run(FIND_OWNERS, [externalIds]);
    for (const [externalId, id] of rows as [string, number][]) {
      this.#storedOwners.set(externalId, id);
    }
    return this.#storedOwners;
  }

  /** Those of the loaded people who are not deleted. */
  get live(): PeopleById {
    return this.#live;
  }

  /** Those of the loaded people who are deleted. */
  get deleted(): PeopleById {
    return this.#deleted;
  }

  /** The ids that new people get; see requireFreeIds. */
  get freeIds(): FreeIds {
    return this.#counters.freeIds;
  }

  /**
   * Looks for more free ids unless there are enough for a write that names `named`, and assigns up
   * to `count` others.
   */
  async requireFreeIds(named: readonly number[], count: number): Promise<void> {
    if (count === 0 || countOf(withoutIds(this.freeIds, named)) >= count) return;
    const freeIds = withoutIds(await findLargestGap(this.#run), this.#written.keys());
    this.#counters = { ...this.#counters, freeIds };
  }

  /** The revision of the next write. */
  get nextRevision(): number {
    return this.#counters.revision + 1;
  }

  /** Who has an external id, of those that were loaded. */
  ownerOf(externalId: string): number | undefined {
    const newOwner = this.#newOwners.get(externalId);
    if (newOwner !== undefined && this.#externalIdOf(newOwner) === externalId) return newOwner;
    const owner = this.#storedOwners.get(externalId);
    return owner === undefined || this.#written.has(owner) ? undefined : owner;
  }

  #externalIdOf(id: number): string | undefined {
    const written = this.#written.get(id);
    return written?.deletedAtMs === undefined ? written?.row.externalId : undefined;
  }

  /**
   * A write that creates or replaces people who were loaded, and leaves these ids free; deleted
   * people come back. Throws EXTERNAL_ID_TAKEN, and then changes nothing.
   */
  put(rows: readonly PersonRow[], freeIds: FreeIds): void {
    this.#requireFreeExternalIds(rows);
    const revision = this.nextRevision;
    for (const row of rows) {
      const { id, externalId } = row;
      this.#written.set(id, { row, revision, deletedAtMs: undefined });
      this.#live.set(id, row.message);
      this.#deleted.delete(id);
      if (externalId !== undefined) this.#newOwners.set(externalId, id);
    }
    this.#counters = { ...this.#counters, revision, freeIds };
  }

  /** A write that deletes a person who was loaded. */
  delete(row: PersonRow): void {
    const revision = this.nextRevision;
    this.#written.set(row.id, { row, revision, deletedAtMs: this.now.getTime() });
    this.#live.delete(row.id);
    this.#deleted.set(row.id, row.message);
    this.#counters = { ...this.#counters, revision };
  }

  /** Rows may pass external ids to each other. */
  #requireFreeExternalIds(rows: readonly PersonRow[]): void {
    const owners = new Map<string, number>();
    for (const { id, externalId } of rows) {
      if (externalId === undefined) continue;
      if (owners.has(externalId)) throw externalIdTaken();
      owners.set(externalId, id);
    }
    if (owners.size === 0) return;
    const ids = new Set(rows.map(({ id }) => id));
    for (const [externalId, id] of owners) {
      const owner = this.ownerOf(externalId);
      if (owner !== undefined && owner !== id && !ids.has(owner)) throw externalIdTaken();
    }
  }

  /** Stores everything. */
  async write(): Promise<void> {
    if (this.#written.size === 0) return;
    const [inserted, updated, deleted]: [WrittenPerson[], WrittenPerson[], WrittenPerson[]] = [
      [],
      [],
      [],
    ];
    for (const written of this.#written.values()) {
      if (written.deletedAtMs !== undefined) deleted.push(written);
      else if (this.#storedLive.has(written.row.id)) updated.push(written);
      else inserted.push(written);
    }
    await removeDeleted(this.#run, this.#noLongerDeleted());
    const removed = await this.#removeLive(deleted);
    await put(this.#run, INSERT, inserted);
    await put(this.#run, UPDATE, updated);
    const live = [...inserted, ...updated].map(({ row }) => row);
    await changeIndexes(this.#run, keyChanges(live, this.#storedLive));
    await insertDeleted(this.#run, deleted);
    const people = this.#counters.people + inserted.length - removed;
    await savePeopleCounters(this.#run, { ...this.#counters, people });
  }

  #noLongerDeleted(): number[] {
    return [...this.#storedDeleted.keys()].filter((id) => this.#written.has(id));
  }

  /** Resolves with how many of the deleted people were not deleted before. */
  async #removeLive(deleted: readonly WrittenPerson[]): Promise<number> {
    const stored = deleted.flatMap(({ row }) => this.#storedLive.get(row.id) ?? []);
    if (stored.length === 0) return 0;
    const removed = stored.map(storedPersonRow);
    await this.#run(REMOVE, [intArray(removed.map(({ id }) => id))]);
    await changeIndexes(this.#run, keysRemoved(removed));
    return removed.length;
  }
}

/** The people of those ids, deleted or not. */
export async function findPeople(
  run: RunStatement,
  ids: readonly number[],
): Promise<{ readonly live: PeopleById; readonly deleted: PeopleById }> {
  if (ids.length === 0) return { live: new Map(), deleted: new Map() };
  const [row] = await run(FIND, [intArray(ids)]);
  return { live: byId(row?.slice(0, 3)), deleted: byId(row?.slice(3)) };
}

function byId(row: readonly unknown[] | undefined): PeopleById {
  const { ids, messages } = unpack(row);
  return new Map(ids.map((id, index) => [id, messages[index] ?? new Uint8Array()]));
}

/** Inserts people who are not deleted; a unique violation if one of the ids is in use. */
export async function insertPeople(
  run: RunStatement,
  people: readonly WrittenPerson[],
): Promise<void> {
  await put(run, INSERT, people);
}

async function put(
  run: RunStatement,
  statement: typeof INSERT,
  people: readonly WrittenPerson[],
): Promise<void> {
  if (people.length === 0) return;
  const [bytes, starts, lengths] = packParameter(people.map(({ row }) => row.message));
  await run(statement, [
    intArray(people.map(({ row }) => row.id)),
    people.map(({ row }) => row.email),
    ...[bytes, starts, lengths],
    intArray(people.map(({ revision }) => revision)),
  ]);
}
