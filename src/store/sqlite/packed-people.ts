import { setImmediate } from 'node:timers/promises';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Person, type AddressBook } from '../../../gen/personguide/person_guide.js';
import { FIELD_1, type Encoded } from '../../directory/encoded.js';
import type { ImportBatch } from '../../directory/store.js';
import type { PackedImport } from './writes.js';

/** Encoding many people lets other calls run after this long. */
const SLICE_MS = 5;

/** People between two looks at the clock. */
const PEOPLE_PER_STEP = 32;

/** Encodes people as one message, in which they cross to another thread. */
export async function packPeople(people: readonly Person[]): Promise<Encoded<AddressBook>> {
  const writer = new BinaryWriter();
  let sliceEnd = performance.now() + SLICE_MS;
  for (let done = 0; done < people.length;) {
    const end = Math.min(people.length, done + PEOPLE_PER_STEP);
    for (; done < end; done += 1) {
      const person = people[done];
      if (person === undefined) continue;
      Person.encode(withoutTimes(person), writer.uint32(FIELD_1).fork()).join();
    }
    if (done < people.length && performance.now() > sliceEnd) {
      await setImmediate();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return writer.finish();
}

/** The server sets the times, and those of a client may be out of range, which cannot be encoded. */
function withoutTimes(person: Person): Person {
  const { lastUpdated, createTime, deleteTime } = person;
  if ((lastUpdated ?? createTime ?? deleteTime) === undefined) return person;
  return { ...person, lastUpdated: undefined, createTime: undefined, deleteTime: undefined };
}

/** Encodes the people of an import. */
export async function packImport({ people, ...batch }: ImportBatch): Promise<PackedImport> {
  return {
    ...batch,
    indexes: people.map(({ index }) => index),
    people: await packPeople(people.map(({ person }) => person)),
  };
}
