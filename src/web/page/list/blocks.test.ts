import { Person, PersonOrder } from '../../../../gen/personguide/person_guide.js';
import { Blocks } from './blocks';
import { idOf, personOf, readPersonPage, type PersonPage } from './person-page.js';
import { isBehind, keyOf } from './person-key.js';

/** A directory that answers as QueryPersons does: a token is the place of the last person. */
class TestDirectory {
  readonly people = new Map<number, Person>();
  readonly #order: PersonOrder;
  calls = 0;

  constructor(order: PersonOrder, count: number) {
    this.#order = order;
    for (let id = 1; id <= count; id += 1) this.record(id, `Person ${String(id).padStart(6, '0')}`);
  }

  record(id: number, name: string, updatedMs = id) {
    this.people.set(id, Person.fromPartial({ id, name, lastUpdated: new Date(updatedMs) }));
  }

  get ids() {
    return this.#sorted().map(({ id }) => id);
  }

  page(token: string, pageSize: number): PersonPage {
    this.calls += 1;
    const after = token === '' ? undefined : (JSON.parse(token) as { id: number; rank: number });
    const rest = this.#sorted().filter(
      (person) => after === undefined || isBehind(keyOf(this.#order, person), after),
    );
    const people = rest.slice(0, pageSize);
    const last = people.at(-1);
    const hasMore = rest.length > people.length && last !== undefined;
    return {
      people: people.map((person) => Person.encode(person).finish()),
      nextPageToken: hasMore ? JSON.stringify(keyOf(this.#order, last)) : '',
      totalSize: this.people.size,
    };
  }

  #sorted() {
    return [...this.people.values()].sort((a, b) =>
      isBehind(keyOf(this.#order, a), keyOf(this.#order, b)) ? 1 : -1,
    );
  }
}

function show(blocks: Blocks, directory: TestDirectory, first: number, last: number): number[] {
  for (;;) {
    const reading = blocks.missing(first, last);
    if (reading === undefined) break;
    blocks.take(reading, directory.page(reading.token, reading.pageSize));
  }
  const rows = Array.from({ length: last - first + 1 }, (_, index) => blocks.at(first + index));
  return rows.flatMap((bytes) => (bytes === undefined ? [] : [idOf(bytes)]));
}

const orders = [
  PersonOrder.PERSON_ORDER_ID,
  PersonOrder.PERSON_ORDER_NAME,
  PersonOrder.PERSON_ORDER_LAST_UPDATED,
];

describe.each(orders)('The rows of a list in order %d', (order) => {
  it('are those of the directory, from the beginning to the end', () => {
    const directory = new TestDirectory(order, 3210);
    const blocks = new Blocks(order);
    expect(show(blocks, directory, 0, 9)).toEqual(directory.ids.slice(0, 10));
    expect(blocks.rows).toBe(3210);
    expect(show(blocks, directory, 3200, 3209)).toEqual(directory.ids.slice(3200));
    expect(blocks.knownRows).toBe(3210);
  });

  it('are read by the thousand on the way to a distant row', () => {
    const directory = new TestDirectory(order, 10_000);
    const blocks = new Blocks(order);
    show(blocks, directory, 9000, 9010);
    expect(directory.calls).toBeLessThanOrEqual(12);
  });

  it('can be read again after they have been forgotten', () => {
    const directory = new TestDirectory(order, 5000);
    const blocks = new Blocks(order, 1000);
    show(blocks, directory, 4900, 4999);
    blocks.forget(4900, 4999);
    expect(blocks.peopleInMemory).toBeLessThanOrEqual(1000);
    expect(blocks.at(0)).toBeUndefined();
    directory.calls = 0;
    expect(show(blocks, directory, 2500, 2520)).toEqual(directory.ids.slice(2500, 2521));
    expect(directory.calls).toBeLessThanOrEqual(2);
  });

  it('are those of the directory again after any changes, without reading all of it', () => {
    const directory = new TestDirectory(order, 5000);
    const blocks = new Blocks(order);
    show(blocks, directory, 0, 4999);
    let random = 12_345;
    const next = (below: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random % below;
    };
    for (let round = 0; round < 30; round += 1) {
      for (let change = 0; change < 40; change += 1) {
        const id = 1 + next(6000);
        if (next(3) === 0) {
          directory.people.delete(id);
        } else {
          directory.record(
            id,
            `Person ${String(next(6000)).padStart(6, '0')} ${id}`,
            10_000 + round,
          );
        }
      }
      blocks.expire();
      const first = next(4000);
      directory.calls = 0;
      show(blocks, directory, first, first + 30);
      expect(directory.calls).toBeLessThanOrEqual(5);
    }
    blocks.expire();
    expect(show(blocks, directory, 0, 6000)).toEqual(directory.ids);
    expect(blocks.rows).toBe(directory.ids.length);
  });

  it('go on after the end when people are added there, and end earlier when they go', () => {
    const directory = new TestDirectory(order, 150);
    const blocks = new Blocks(order);
    expect(show(blocks, directory, 0, 149)).toHaveLength(150);
    for (let id = 151; id <= 400; id += 1) directory.record(id, `Z ${id}`, -id);
    blocks.expire();
    expect(show(blocks, directory, 0, 399)).toEqual(directory.ids);
    for (let id = 100; id <= 400; id += 1) directory.people.delete(id);
    blocks.expire();
    expect(show(blocks, directory, 0, 399)).toEqual(directory.ids);
    expect(blocks.rows).toBe(99);
  });

  it('stay in sight until they have been read again', () => {
    const directory = new TestDirectory(order, 10);
    const blocks = new Blocks(order);
    const [first = 0] = show(blocks, directory, 0, 9);
    directory.record(first, 'Changed', first);
    blocks.expire();
    expect(blocks.at(0)).toBeDefined();
    expect(blocks.missing(0, 9)).toMatchObject({ index: 0 });
  });
});

describe('A list', () => {
  it('of a directory without people is open and has no rows', () => {
    const blocks = new Blocks(PersonOrder.PERSON_ORDER_ID);
    expect(blocks.isOpen).toBe(false);
    expect(show(blocks, new TestDirectory(PersonOrder.PERSON_ORDER_ID, 0), 0, 20)).toEqual([]);
    expect(blocks).toMatchObject({ isOpen: true, rows: 0 });
  });

  it('goes on after a page without people', () => {
    const blocks = new Blocks(PersonOrder.PERSON_ORDER_ID);
    const reading = blocks.missing(0, 20);
    if (reading === undefined) throw new Error('nothing is missing');
    blocks.take(reading, { people: [], nextPageToken: 'x', totalSize: 0 });
    expect(blocks.missing(0, 20)).toMatchObject({ token: 'x', index: undefined });
  });

  it('reads a block again if the directory changes while it is being read', () => {
    const directory = new TestDirectory(PersonOrder.PERSON_ORDER_ID, 10);
    const blocks = new Blocks(PersonOrder.PERSON_ORDER_ID);
    const reading = blocks.missing(0, 9);
    if (reading === undefined) throw new Error('nothing is missing');
    blocks.expire();
    blocks.take(reading, directory.page('', 100));
    expect(blocks.missing(0, 9)).toMatchObject({ index: 0 });
  });
});

describe('A page of people', () => {
  it('is read without decoding its people', () => {
    const directory = new TestDirectory(PersonOrder.PERSON_ORDER_ID, 3);
    const encoded = directory.page('', 2).people;
    // QueryPersonsResponse: people = 1, next_page_token = 2, total_size = 3.
    const bytes = Uint8Array.of(
      ...encoded.flatMap((person) => [0x0a, person.length, ...person]),
      ...[0x12, 1, 0x78],
      ...[0x18, 3],
    );
    const page = readPersonPage(bytes);
    expect(page).toMatchObject({ nextPageToken: 'x', totalSize: 3 });
    expect(page.people.map((person) => personOf(person).name)).toEqual([
      'Person 000001',
      'Person 000002',
    ]);
    expect(personOf(page.people[0] ?? bytes)).toBe(personOf(page.people[0] ?? bytes));
  });
});
