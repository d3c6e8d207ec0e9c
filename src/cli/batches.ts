import { Person } from '../../gen/personguide/person_guide.js';
import type { PersonInput } from '../index.js';

/** What one call records at most. */
export interface BatchLimits {
  readonly people: number;
  /** Of the encoded people. */
  readonly bytes: number;
}

/** The server accepts 10,000 people or 16 MiB in a call. */
export const recordLimits: BatchLimits = { people: 10_000, bytes: 16 * 1024 * 1024 };

/** The people of one call. */
export interface Batch {
  /** The index of its first person (from 0) among all people. */
  readonly start: number;
  /** Can be iterated once; reads the people as they are iterated. */
  readonly people: AsyncIterable<PersonInput>;
  /** The number of people iterated so far. */
  readonly count: number;
  /** Whether `people` has been iterated to its end. */
  readonly complete: boolean;
  /** Whether no batch follows; known once it is complete. */
  readonly last: boolean;
}

/**
 * Splits people into batches within the limits. There is always a first batch, also without people.
 * A batch must be iterated to its end before the next one is taken; the source is not closed.
 */
export function* batchesOf(
  people: AsyncIterable<PersonInput>,
  limits: BatchLimits = recordLimits,
): Generator<Batch, void, undefined> {
  const source = new LookaheadSource(people);
  let start = 0;
  for (;;) {
    const batch = new SourceBatch(source, start, limits);
    yield batch;
    if (batch.last) return;
    start += batch.count;
  }
}

/** People of which the next one can be looked at. */
class LookaheadSource {
  readonly #iterator: AsyncIterator<PersonInput>;
  #ahead: Promise<IteratorResult<PersonInput>> | undefined;

  constructor(people: AsyncIterable<PersonInput>) {
    this.#iterator = people[Symbol.asyncIterator]();
  }

  /** Resolves with the next person, or with undefined after the last one. */
  async next(): Promise<PersonInput | undefined> {
    const next = this.#ahead ?? this.#iterator.next();
    this.#ahead = undefined;
    const result = await next;
    return result.done === true ? undefined : result.value;
  }

  /** Whether next() resolves with undefined. An error is left for next(). */
  async isAtEnd(): Promise<boolean> {
    this.#ahead ??= this.#iterator.next();
    return this.#ahead.then(
      ({ done }) => done === true,
      () => false,
    );
  }

  putBack(person: PersonInput): void {
    this.#ahead = Promise.resolve({ value: person });
  }
}

class SourceBatch implements Batch {
  readonly start: number;
  readonly people: AsyncIterable<PersonInput>;
  count = 0;
  complete = false;
  last = false;

  constructor(source: LookaheadSource, start: number, limits: BatchLimits) {
    this.start = start;
    this.people = this.#take(source, limits);
  }

  async *#take(source: LookaheadSource, limits: BatchLimits): AsyncGenerator<PersonInput> {
    let bytes = 0;
    while (this.count < limits.people) {
      const person = await source.next();
      if (person === undefined) break;
      bytes += encodedBytes(person);
      if (bytes > limits.bytes && this.count > 0) {
        source.putBack(person);
        break;
      }
      this.count += 1;
      yield person;
    }
    this.last = await source.isAtEnd();
    this.complete = true;
  }
}

function encodedBytes(person: PersonInput): number {
  return Person.encode(Person.fromPartial(person as Partial<Person>)).finish().length;
}
