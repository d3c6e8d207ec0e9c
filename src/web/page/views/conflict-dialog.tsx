import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Person } from '../../../../gen/personguide/person_guide.js';
import { compareChanges, mergedPerson, type Choice } from '../person/merge.js';
import type { EditableField, PersonField } from '../person/person-fields.js';
import { Dialog } from './dialog.js';

interface ConflictDialogProps {
  readonly base: Person;
  readonly mine: Person;
  readonly theirs: Person;
  readonly onClose: () => void;
  readonly onMerged: (person: Person) => void;
}

/** Shows what two people have made of one person, and lets this one choose. */
export function ConflictDialog(props: ConflictDialogProps): JSX.Element {
  const { base, mine, theirs, onClose, onMerged } = props;
  const merge = compareChanges(base, mine, theirs);
  const [choices, setChoices] = useState<ReadonlyMap<EditableField, Choice>>(
    new Map(merge.conflicts.map(({ name }) => [name, 'mine'])),
  );
  return (
    <Dialog title="Changed by someone else" onClose={onClose} isWide>
      <p>
        {theirs.name} has been changed since you opened it.{' '}
        {merge.conflicts.length > 0
          ? 'Choose what to keep where both of you changed the same field.'
          : 'You changed different fields, so both changes can be kept.'}
      </p>
      <div class="conflicts">
        {merge.conflicts.map((field) => (
          <Conflict
            key={field.name}
            field={field}
            mine={mine}
            theirs={theirs}
            choice={choices.get(field.name) ?? 'mine'}
            onChoose={(choice) => {
              setChoices(new Map(choices).set(field.name, choice));
            }}
          />
        ))}
      </div>
      <Others title="Only you changed" fields={merge.mine} person={mine} />
      <Others title="Only the other changed" fields={merge.theirs} person={theirs} />
      <div class="form-buttons">
        <button
          type="button"
          class="button primary"
          onClick={() => {
            onMerged(mergedPerson(merge, mine, theirs, choices));
          }}
        >
          Save this
        </button>
        <button type="button" class="button" onClick={onClose}>
          Back to the form
        </button>
      </div>
    </Dialog>
  );
}

interface ConflictProps {
  readonly field: PersonField;
  readonly mine: Person;
  readonly theirs: Person;
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
}

function Conflict({ field, mine, theirs, choice, onChoose }: ConflictProps): JSX.Element {
  const sides = [
    ['mine', 'Yours', mine],
    ['theirs', 'Theirs', theirs],
  ] as const;
  return (
    <fieldset class="conflict">
      <legend>{field.label}</legend>
      {sides.map(([side, title, person]) => (
        <label key={side} class={choice === side ? 'choice is-chosen' : 'choice'}>
          <input
            type="radio"
            name={`conflict-${field.name}`}
            checked={choice === side}
            onChange={() => {
              onChoose(side);
            }}
          />
          <span class="weak">{title}</span>
          <span class="choice-text">{field.text(person) || 'empty'}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Others({
  title,
  fields,
  person,
}: {
  readonly title: string;
  readonly fields: readonly PersonField[];
  readonly person: Person;
}): JSX.Element | null {
  if (fields.length === 0) return null;
  return (
    <section class="others">
      <h3>{title}</h3>
      <dl>
        {fields.map((field) => (
          <div key={field.name}>
            <dt class="weak">{field.label}</dt>
            <dd>{field.text(person) || 'empty'}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
