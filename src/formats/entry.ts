import type { PersonInput } from '../client/directory-calls.js';

/** What is wrong with a field; the path of the whole person is empty. */
export interface Problem {
  readonly field: string;
  readonly description: string;
}

/** A person in a text. */
export interface PersonEntry {
  /** The number (from 1) of its first line. */
  readonly line: number;
  /** Its text, without the last line break. */
  readonly source: string;
  readonly person: PersonInput;
  /** The names of the vCard properties that were too large to keep. */
  readonly leftOut?: readonly string[];
  readonly problems?: never;
}

/** A part of a text that is not a person. */
export interface FaultEntry {
  /** The number (from 1) of its first line. */
  readonly line: number;
  /** Its text, without the last line break. */
  readonly source: string;
  readonly problems: readonly Problem[];
  readonly person?: never;
}

/** What a reader finds: a person, or what keeps a part of the text from being one. */
export type Entry = PersonEntry | FaultEntry;

/** What is around the people of a file. */
export interface Frame {
  /** Before the first person; it may be all there is. */
  readonly head: string;
  /** Between two people. */
  readonly separator: string;
  /** After the last person, if there is one. */
  readonly end: string;
  /** At the end of every file. */
  readonly tail: string;
}

/** Reads people as the text arrives, holding one person at a time. */
export interface PeopleReader {
  /** In their order. Can be iterated once; rejects with the error of the text. */
  readonly entries: AsyncIterable<Entry>;
  /** What a file with the sources of some entries needs around them; known at the first entry. */
  readonly frame: () => Frame;
  /** The columns that had values but belong to no field; known after the last entry. */
  readonly ignoredColumns: () => readonly string[];
}

/** Writes people as text. */
export interface PeopleWriter {
  readonly frame: Frame;
  /** The text of one person, without a line break at its end. */
  readonly write: (person: PersonInput) => string;
}
