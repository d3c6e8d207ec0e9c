import type { PersonOrder } from '../../../../gen/personguide/person_guide.js';
import { isBehind, keyOf, type PersonKey } from './person-key.js';
import { idOf, personOf, type PersonPage } from './person-page.js';

/**
 * A part of the list, from one place of the order to another. Places do not change when people come
 * and go, so that a block can be read again at any time: only its size may be another one then.
 */
interface Block {
  /** Reads the people of this block; empty for the first one. */
  readonly token: string;
  /** The last person when the end of the block was found; undefined for the end of the list. */
  readonly end: PersonKey | undefined;
  /** As many as there were when it was last read. */
  readonly size: number;
  /** Undefined if they are not in memory. */
  readonly people: readonly Uint8Array[] | undefined;
  /** Which generation of the list these people are of. */
  readonly generation: number;
}

/** Where a row is. */
interface Place {
  readonly index: number;
  readonly firstRow: number;
}

/** What has to be read next. */
export interface Reading {
  readonly token: string;
  readonly pageSize: number;
  /** The block that is read again; undefined for the page behind all blocks. */
  readonly index: number | undefined;
  /** The generation of the list when the reading began. */
  readonly generation: number;
}

const FIRST_PAGE_SIZE = 100;
const NEAR_PAGE_SIZE = 250;
/** The largest that the server sends. */
const MAX_PAGE_SIZE = 1000;
/** Room for people who have joined a block since it was read. */
const SLACK = 20;

/**
 * The rows of a list that is read in pages. All places up to the furthest row that was shown are
 * known, but only the people of some blocks are in memory.
 */
export class Blocks {
  readonly #order: PersonOrder;
  readonly #maxPeople: number;
  #blocks: Block[] = [];
  /** Reads the page after the last block; undefined if that is the end of the list. */
  #nextToken: string | undefined = '';
  #totalSize = 0;
  #generation = 0;
  #isOpen = false;

  constructor(order: PersonOrder, maxPeople = 100_000) {
    this.#order = order;
    this.#maxPeople = maxPeople;
  }

  /** How many people are in the blocks that have been read. */
  get knownRows(): number {
    return this.#blocks.reduce((sum, { size }) => sum + size, 0);
  }

  /** How many rows there are: an estimate until the end has been read. */
  get rows(): number {
    const known = this.knownRows;
    return this.#nextToken === undefined ? known : Math.max(known, this.#totalSize);
  }

  /** Whether the first page has been read. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many people are in memory. */
  get peopleInMemory(): number {
    return this.#blocks.reduce((sum, { people }) => sum + (people?.length ?? 0), 0);
  }

  /** The person of a row, as encoded; undefined if it has to be read first. */
  at(row: number): Uint8Array | undefined {
    const place = this.#placeOf(row);
    return place && this.#blocks[place.index]?.people?.[row - place.firstRow];
  }

  /** Replaces the person of a row who is in memory, until the row is read again. */
  put(row: number, person: Uint8Array): void {
    const place = this.#placeOf(row);
    const block = place && this.#blocks[place.index];
    if (place === undefined || block?.people === undefined) return;
    const people = block.people.with(row - place.firstRow, person);
    this.#blocks[place.index] = { ...block, people };
  }

  /** The row of a person who is in memory; undefined if there is none. */
  rowOf(id: number): number | undefined {
    let firstRow = 0;
    for (const { people, size } of this.#blocks) {
      const index = people?.findIndex((person) => idOf(person) === id) ?? -1;
      if (index >= 0) return firstRow + index;
      firstRow += size;
    }
    return undefined;
  }

  /** Says that the directory has changed: what is in memory is shown until it has been read again. */
  expire(): void {
    this.#generation += 1;
  }

  /** What has to be read so that these rows can be shown as they are now; undefined if nothing. */
  missing(firstRow: number, lastRow: number): Reading | undefined {
    const generation = this.#generation;
    let first = 0;
    for (const [index, block] of this.#blocks.entries()) {
      const last = first + block.size - 1;
      // A block may have got people since it was empty.
      const isSeen = first <= lastRow && Math.max(first, last) >= firstRow;
      if (isSeen && (block.people === undefined || block.generation !== this.#generation)) {
        const pageSize = Math.min(MAX_PAGE_SIZE, block.size + SLACK);
        return { token: block.token, pageSize, index, generation };
      }
      first += block.size;
    }
    if (this.#nextToken === undefined || (lastRow < first && first > 0)) return undefined;
    const pageSize = first === 0 ? FIRST_PAGE_SIZE : pageSizeFor(lastRow - first);
    return { token: this.#nextToken, pageSize, index: undefined, generation };
  }

  /** Takes what was read. */
  take(reading: Reading, page: PersonPage): void {
    this.#totalSize = page.totalSize;
    this.#isOpen = true;
    if (reading.index === undefined) this.#append(reading, page);
    else this.#replace(reading.index, reading.generation, page);
  }

  /** Forgets the people who are furthest from these rows, beyond those that memory is meant for. */
  forget(firstRow: number, lastRow: number): void {
    const middle = (firstRow + lastRow) / 2;
    let people = this.peopleInMemory;
    if (people <= this.#maxPeople) return;
    const places = this.#places()
      .filter(({ index }) => this.#blocks[index]?.people !== undefined)
      .sort((a, b) => Math.abs(b.firstRow - middle) - Math.abs(a.firstRow - middle));
    for (const { index } of places) {
      const block = this.#blocks[index];
      if (people <= this.#maxPeople || block === undefined) return;
      people -= block.people?.length ?? 0;
      this.#blocks[index] = { ...block, people: undefined };
    }
  }

  #append({ token, generation }: Reading, { people, nextPageToken }: PersonPage): void {
    const isLast = nextPageToken === '';
    this.#nextToken = isLast ? undefined : nextPageToken;
    // A page may be empty although more follow.
    if (people.length === 0 && !isLast) return;
    this.#blocks.push({
      token: this.#blocks.length === 0 ? '' : token,
      end: isLast ? undefined : this.#endOf(people),
      size: people.length,
      people,
      generation,
    });
  }

  #replace(index: number, generation: number, { people, nextPageToken }: PersonPage): void {
    const block = this.#blocks[index];
    if (block === undefined) return;
    const { end } = block;
    const size = end === undefined ? people.length : this.#sizeUpTo(end, people);
    const read: Block = { ...block, people: people.slice(0, size), size, generation };
    if (size < people.length || (end !== undefined && this.#isAt(end, people))) {
      this.#blocks[index] = read;
    } else if (nextPageToken === '') {
      // The list ends here: the blocks behind have lost all their people.
      this.#blocks.splice(index, Infinity, { ...read, end: undefined });
      this.#nextToken = undefined;
    } else if (end === undefined) {
      this.#blocks[index] = { ...read, end: this.#endOf(people) };
      this.#nextToken = nextPageToken;
    } else {
      // The block has grown beyond a page: the rest becomes a block of its own.
      const rest = { ...block, token: nextPageToken, size: Math.max(0, block.size - size) };
      const first = { ...read, end: this.#endOf(people) ?? end };
      this.#blocks.splice(index, 1, first, { ...rest, people: undefined });
    }
  }

  /** How many of these people are not behind the end of their block. */
  #sizeUpTo(end: PersonKey, people: readonly Uint8Array[]): number {
    const same = people.findLastIndex((person) => idOf(person) === end.id);
    if (this.#isAt(end, people.slice(0, same + 1))) return same + 1;
    return 1 + people.findLastIndex((bytes) => !isBehind(keyOf(this.#order, personOf(bytes)), end));
  }

  /** Whether the last of these people is at that place. */
  #isAt(end: PersonKey, people: readonly Uint8Array[]): boolean {
    const last = this.#endOf(people);
    return last?.id === end.id && last.rank === end.rank;
  }

  #endOf(people: readonly Uint8Array[]): PersonKey | undefined {
    const last = people.at(-1);
    return last && keyOf(this.#order, personOf(last));
  }

  #placeOf(row: number): Place | undefined {
    let firstRow = 0;
    for (const [index, { size }] of this.#blocks.entries()) {
      if (row < firstRow + size) return { index, firstRow };
      firstRow += size;
    }
    return undefined;
  }

  #places(): Place[] {
    let firstRow = 0;
    return this.#blocks.map(({ size }, index) => {
      const place = { index, firstRow };
      firstRow += size;
      return place;
    });
  }
}

function pageSizeFor(missingRows: number): number {
  return missingRows > NEAR_PAGE_SIZE ? MAX_PAGE_SIZE : NEAR_PAGE_SIZE;
}
