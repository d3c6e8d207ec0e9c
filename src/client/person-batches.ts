import { Person } from '../../gen/personguide/person_guide.js';
import type { RequestStream } from './definition.js';
import { toMethod } from './method.js';
import { isIterable } from './request-writer.js';

/** People of an import that go into one transaction. */
export interface PersonBatch {
  /** The place of the first person in the import. */
  readonly start: number;
  /** The place after the last one. */
  readonly end: number;
  /** The people, each as a field of ImportPersonsRequest. */
  readonly bytes: Buffer;
}

/** Encodes a person as a request, so that an invalid one has its place in the error. */
const ENCODER = toMethod('personguide.PersonGuide', {
  name: 'importPeople',
  requestType: Person,
  requestStream: true,
  responseType: Person,
  responseStream: true,
  options: {},
});

/** The tag of the field `people` of ImportPersonsRequest. */
const PEOPLE_TAG = 0x12;

/** A batch is complete when it has this many bytes. The server accepts 4 MiB, and 300,000 fields. */
const BATCH_BYTES = 512 * 1024;

/** Makes batches of the people of an iterable, which is read only as far as batches are asked for. */
export class PersonBatches {
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #batchSize: number;
  #read = 0;
  #done = false;

  /** Throws a TypeError if the people are not iterable. */
  constructor(people: RequestStream<Person>, batchSize: number) {
    if (!isIterable(people)) {
      throw new TypeError('importPeople: the people must be an array or another iterable');
    }
    this.#iterator =
      Symbol.asyncIterator in people ? people[Symbol.asyncIterator]() : people[Symbol.iterator]();
    this.#batchSize = batchSize;
  }

  /** How many people have been read so far. */
  get read(): number {
    return this.#read;
  }

  /** Reads that many people and drops them; fewer if there are not as many. */
  async skip(count: number): Promise<void> {
    for (const end = this.#read + count; this.#read < end; this.#read += 1) {
      if ((await this.#next()) === undefined) return;
    }
  }

  /** The next people; undefined after the last. Throws the error of the iterable. */
  async next(): Promise<PersonBatch | undefined> {
    const start = this.#read;
    const parts: Buffer[] = [];
    let size = 0;
    while (this.#read - start < this.#batchSize && size < BATCH_BYTES) {
      const later = this.#next();
      // An array or a generator must not cost a promise for each person.
      const next = later instanceof Promise ? await later : later;
      if (next === undefined) break;
      const person = ENCODER.encode(next.person, this.#read);
      const header = headerOf(person.length);
      parts.push(header, person);
      size += header.length + person.length;
      this.#read += 1;
    }
    return this.#read === start
      ? undefined
      : { start, end: this.#read, bytes: Buffer.concat(parts, size) };
  }

  /** Calls `return()` of the iterable, unless it has ended. */
  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#iterator.return?.();
  }

  #next(): Next | Promise<Next> {
    if (this.#done) return undefined;
    const result = this.#iterator.next();
    return 'then' in result ? this.#later(result) : this.#taken(result);
  }

  async #later(result: PromiseLike<IteratorResult<unknown>>): Promise<Next> {
    return this.#taken(await result);
  }

  #taken({ done, value }: IteratorResult<unknown>): Next {
    if (done !== true) return { person: value };
    this.#done = true;
    return undefined;
  }
}

type Next = { readonly person: unknown } | undefined;

/** The tag of the field, and its length as a varint. */
function headerOf(length: number): Buffer {
  const bytes = [PEOPLE_TAG];
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
