import type { PersonInput } from '../client/directory-calls.js';
import type { Entry, PeopleReader } from './entry.js';

/** A text that arrives in pieces of that many characters. */
export async function* chunked(text: string, size = text.length): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

/** All that a reader finds. */
export async function entriesOf({ entries }: PeopleReader): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

/** The people of a text without faults. */
export async function peopleOf(reader: PeopleReader): Promise<PersonInput[]> {
  return (await entriesOf(reader)).map(({ person, problems }) => {
    if (person === undefined) throw new Error(JSON.stringify(problems));
    return person;
  });
}
