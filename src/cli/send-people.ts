import type { PersonInput } from '../index.js';
import { openPeopleFile } from './people-file.js';
import { startProgress, transferStream } from './progress.js';
import type { Session } from './session.js';

/** The people of an open file. */
export interface OpenPeople {
  /** Can be iterated once. */
  readonly items: AsyncIterable<PersonInput>;
  /** The place of the person with that index (from 0) in the file. */
  readonly placeOf: (index: number) => string;
}

/**
 * Opens a file of people and runs the work with all but the first `skip` of them. Meanwhile standard
 * error shows how many were sent, if it is a terminal and standard output is not.
 */
export async function withPeople<T>(
  path: string,
  { call }: Session,
  skip: number,
  work: (people: OpenPeople) => Promise<T>,
): Promise<T> {
  const file = await openPeopleFile(path, call.signal);
  const progress = startProgress(transferStream(), 'people sent', { fraction: file.fraction });
  try {
    const items = progress.counted(skipped(file.people, skip));
    return await work({ items, placeOf: file.placeOf });
  } finally {
    progress.end();
    file.close();
  }
}

async function* skipped<T>(
  items: Iterable<T> | AsyncIterable<T>,
  count: number,
): AsyncGenerator<T> {
  let index = 0;
  for await (const item of items) {
    if (index >= count) yield item;
    index += 1;
  }
}
