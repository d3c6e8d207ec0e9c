import { Person } from '../../../../gen/personguide/person_guide.js';
import {
  isSameField,
  personFields,
  type EditableField,
  type PersonField,
} from './person-fields.js';

/** Whose value of a field counts. */
export type Choice = 'mine' | 'theirs';

/** What two people who edit the same person have made of it. */
export interface Merge {
  /** What both have changed, and not to the same: someone has to choose. */
  readonly conflicts: readonly PersonField[];
  /** What only the other one has changed, or both have changed to the same. */
  readonly theirs: readonly PersonField[];
  /** What only this one has changed. */
  readonly mine: readonly PersonField[];
}

/** Compares both with the person that they began with. */
export function compareChanges(base: Person, mine: Person, theirs: Person): Merge {
  const merge = { conflicts: [], theirs: [], mine: [] } as Record<keyof Merge, PersonField[]>;
  for (const field of personFields) {
    const isMine = !isSameField(field.name, base, mine);
    const isTheirs = !isSameField(field.name, base, theirs);
    if (isMine && isTheirs && !isSameField(field.name, mine, theirs)) merge.conflicts.push(field);
    else if (isTheirs) merge.theirs.push(field);
    else if (isMine) merge.mine.push(field);
  }
  return merge;
}

/** The other one's person with what this one has changed, and with what was chosen. */
export function mergedPerson(
  merge: Merge,
  mine: Person,
  theirs: Person,
  choices: ReadonlyMap<EditableField, Choice>,
): Person {
  const taken = [
    ...merge.mine,
    ...merge.conflicts.filter(({ name }) => choices.get(name) === 'mine'),
  ];
  const values = Object.fromEntries(taken.map(({ name }) => [name, mine[name]]));
  return Person.fromPartial({ ...theirs, ...values });
}
