import { ImportPersonsRequest, Person } from '../../../gen/personguide/person_guide.js';
import { importPeople } from '../../directory/import.js';
import { Recording } from '../../directory/people.js';
import type { Store } from '../../directory/store.js';
import { openSqliteStore } from './sqlite-store.js';

const CALLS = 5;
const PEOPLE = 2_000;

/**
 * What slices.ts allows is a sixteenth of a mebibyte, and the person who exceeds it; a turn may have
 * that twice, for those who begin and for those who have waited.
 */
const MAX_BYTES_PER_TURN = 2 * 66 * 1024;

describe('Large recordings and imports at the same time', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openSqliteStore(':memory:');
  });

  afterEach(() => store.close());

  /** With a birthday, they must be decoded to be checked. */
  const people = Array.from({ length: PEOPLE }, (_, index) =>
    Person.encode(
      Person.fromPartial({
        name: `Person ${index}`,
        birthday: '--12-31',
        adresses: [{ name: `Street ${index}` }, { name: `Town ${index}` }],
      }),
    ).finish(),
  );

  it('are recorded in turns of the event loop that are short for all of them together', async () => {
    const turns = new BytesPerTurn();
    const record = async (): Promise<void> => {
      const recording = new Recording(store, (bytes) => turns.decode(bytes));
      await recording.add(people, 1);
      await recording.commit({});
    };
    await Promise.all(Array.from({ length: CALLS }, record));
    expect(turns.total).toBe(CALLS * sizeOf(people));
    expect(turns.longest).toBeLessThan(MAX_BYTES_PER_TURN);
    expect(await store.countPeople()).toBe(CALLS * PEOPLE);
  });

  it('are imported in such turns, too', async () => {
    const turns = new BytesPerTurn();
    const request = ImportPersonsRequest.encode(
      ImportPersonsRequest.fromPartial({ people: people.map((bytes) => Person.decode(bytes)) }),
    ).finish();
    const decode = {
      request: (bytes: Uint8Array) => ImportPersonsRequest.decode(bytes),
      person: (bytes: Uint8Array) => turns.decode(bytes),
    };
    async function* requests(): AsyncGenerator<Uint8Array[]> {
      yield [request];
    }
    const importOne = async (): Promise<number> => {
      let created = 0;
      for await (const response of importPeople(store, requests(), decode, {})) {
        ({ created } = response);
      }
      return created;
    };
    const created = await Promise.all(Array.from({ length: CALLS }, importOne));
    expect(created).toEqual(Array.from({ length: CALLS }, () => PEOPLE));
    expect(turns.total).toBe(CALLS * sizeOf(people));
    expect(turns.longest).toBeLessThan(MAX_BYTES_PER_TURN);
  });
});

/** Decodes people and counts their bytes, in all and in the turn with the most of them. */
class BytesPerTurn {
  total = 0;
  longest = 0;
  #inTurn = 0;

  decode(person: Uint8Array): Person {
    if (this.#inTurn === 0) {
      setImmediate(() => {
        this.#inTurn = 0;
      });
    }
    this.#inTurn += person.length;
    this.total += person.length;
    this.longest = Math.max(this.longest, this.#inTurn);
    return Person.decode(person);
  }
}

function sizeOf(messages: readonly Uint8Array[]): number {
  return messages.reduce((sum, { length }) => sum + length, 0);
}
