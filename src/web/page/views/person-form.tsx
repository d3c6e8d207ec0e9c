import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Person, PhoneType } from '../../../../gen/personguide/person_guide.js';
import { CallError, type Violation } from '../api/call-error.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { differingFields, phoneTypes, withoutBlanks } from '../person/person-fields.js';
import { ConflictDialog } from './conflict-dialog.js';
import { Icon } from './icon.js';

interface PersonFormProps {
  readonly model: PageModel;
  /** The person as it was when the form was opened, or an empty one. */
  readonly base: Person;
  readonly onCancel: () => void;
  readonly onSaved: (person: Person) => void;
}

/** What keeps a form from being saved. */
type Obstacle =
  | { readonly kind: 'error'; readonly text: string; readonly violations: readonly Violation[] }
  | { readonly kind: 'conflict'; readonly mine: Person; readonly theirs: Person }
  | { readonly kind: 'deleted'; readonly mine: Person };

/** Edits a person, or makes a new one. */
export function PersonForm(props: PersonFormProps): JSX.Element {
  const { model, onCancel, onSaved } = props;
  // What was there when the form was opened: it may change behind the form.
  const [base, setBase] = useState(props.base);
  const [draft, setDraft] = useState(props.base);
  const [obstacle, setObstacle] = useState<Obstacle>();
  const [isSaving, setIsSaving] = useState(false);
  const isNew = base.id === 0;
  const change = (fields: Partial<Person>): void => {
    setDraft((known) => ({ ...known, ...fields }));
  };

  const saveOver = async (known: Person, edited: Person): Promise<void> => {
    const paths = differingFields(known, edited).map(({ path }) => path);
    const saved = isNew
      ? await model.api.createPerson(edited)
      : paths.length === 0
        ? known
        : await model.api.updatePerson({ ...edited, etag: known.etag }, paths);
    model.people.take({ people: [saved], deletedIds: [] });
    model.notices.show(isNew ? `${saved.name} was added.` : `${saved.name} was saved.`);
    onSaved(saved);
  };

  const save = async (known: Person, edited: Person): Promise<void> => {
    setIsSaving(true);
    setObstacle(undefined);
    try {
      await saveOver(known, edited);
    } catch (error) {
      setObstacle(await obstacleOf(model, error, edited));
    } finally {
      setIsSaving(false);
    }
  };

  const restore = async (edited: Person): Promise<void> => {
    try {
      const restored = await model.api.undeletePerson(edited.id);
      await save(restored, { ...edited, etag: restored.etag });
    } catch (error) {
      model.notices.fail(errorText(error));
    }
  };

  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(base, withoutBlanks(draft));
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <h2>{isNew ? 'New person' : `Edit ${base.name}`}</h2>
      {obstacle?.kind === 'error' && <FormError obstacle={obstacle} />}
      {obstacle?.kind === 'deleted' && (
        <div class="form-error" role="alert">
          <p>This person has been deleted meanwhile.</p>
          <button type="button" class="button" onClick={() => void restore(obstacle.mine)}>
            Bring back and save
          </button>
        </div>
      )}
      <FormFields draft={draft} change={change} violations={violationsOf(obstacle)} />
      <div class="form-buttons">
        <button type="submit" class="button primary" disabled={isSaving}>
          {isNew ? 'Add person' : 'Save'}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
      {obstacle?.kind === 'conflict' && (
        <ConflictDialog
          base={base}
          mine={obstacle.mine}
          theirs={obstacle.theirs}
          onClose={() => {
            setObstacle(undefined);
          }}
          onMerged={(merged) => {
            setBase(obstacle.theirs);
            setDraft(merged);
            void save(obstacle.theirs, merged);
          }}
        />
      )}
    </form>
  );
}

async function obstacleOf(model: PageModel, error: unknown, mine: Person): Promise<Obstacle> {
  const failed = (failure: unknown): Obstacle => ({
    kind: 'error',
    text: errorText(failure),
    violations: failure instanceof CallError ? failure.violations : [],
  });
  if (!(error instanceof CallError)) return failed(error);
  if (error.reason === 'PERSON_NOT_FOUND') return { kind: 'deleted', mine };
  if (error.reason !== 'ETAG_MISMATCH') return failed(error);
  try {
    return { kind: 'conflict', mine, theirs: await model.api.getPerson(mine.id) };
  } catch (failure) {
    return failed(failure);
  }
}

function violationsOf(obstacle: Obstacle | undefined): readonly Violation[] {
  return obstacle?.kind === 'error' ? obstacle.violations : [];
}

function FormError({
  obstacle: { text, violations },
}: {
  readonly obstacle: Extract<Obstacle, { kind: 'error' }>;
}): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' });
  }, [text]);
  return (
    <div ref={ref} class="form-error" role="alert">
      <Icon name="alert" />
      {violations.length === 0 ? (
        <p>{text}</p>
      ) : (
        <ul>
          {violations.map(({ field, description }) => (
            <li key={field + description}>
              {fieldText(field)} {description}.
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** `person.phones[0].number` as people read it: `Phone 1, number`. */
function fieldText(path: string): string {
  const [first = '', ...rest] = path
    .replace(/^person\.?/, '')
    .replace(/^adresses/, 'addresses')
    .replaceAll('_', ' ')
    .split('.');
  const words = first.replace(/e?s\[(\d+)\]$/, (_, index: string) => ` ${Number(index) + 1}`);
  const text = [words, ...rest].join(', ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

interface FormFieldsProps {
  readonly draft: Person;
  readonly change: (fields: Partial<Person>) => void;
  readonly violations: readonly Violation[];
}

function FormFields({ draft, change, violations }: FormFieldsProps): JSX.Element {
  const isInvalid = (path: string): boolean =>
    violations.some(({ field }) => field.replace(/^person\./, '').startsWith(path));
  return (
    <>
      <TextField
        label="Name"
        value={draft.name}
        isFirst
        isInvalid={isInvalid('name')}
        onChange={(name) => {
          change({ name });
        }}
      />
      <div class="two-columns">
        <TextField
          label="Organization"
          value={draft.organization}
          isInvalid={isInvalid('organization')}
          onChange={(organization) => {
            change({ organization });
          }}
        />
        <TextField
          label="Job title"
          value={draft.title}
          isInvalid={isInvalid('title')}
          onChange={(title) => {
            change({ title });
          }}
        />
      </div>
      <ListField
        legend="Phones"
        addText="Add a phone"
        items={draft.phones}
        blank={{ number: '', type: PhoneType.MOBILE }}
        onChange={(phones) => {
          change({ phones });
        }}
        render={(phone, set, index) => (
          <>
            <TextField
              label={`Phone ${index + 1}`}
              type="tel"
              value={phone.number}
              isInvalid={isInvalid(`phones[${index}]`)}
              onChange={(number) => {
                set({ ...phone, number });
              }}
            />
            <label class="field narrow">
              <span>Kind</span>
              <select
                value={String(phone.type)}
                onChange={(event) => {
                  const { selectedIndex } = event.currentTarget;
                  set({ ...phone, type: phoneTypes[selectedIndex]?.[0] ?? phone.type });
                }}
              >
                {phoneTypes.map(([type, name]) => (
                  <option key={type} value={type}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
      />
      <TextField
        label="Email"
        type="email"
        value={draft.email}
        isInvalid={isInvalid('email') && !isInvalid('emails')}
        onChange={(email) => {
          change({ email });
        }}
      />
      <ListField
        legend="Further emails"
        addText="Add an email"
        items={draft.emails}
        blank={{ address: '', label: '' }}
        onChange={(emails) => {
          change({ emails });
        }}
        render={(email, set, index) => (
          <>
            <TextField
              label={`Email ${index + 2}`}
              type="email"
              value={email.address}
              isInvalid={isInvalid(`emails[${index}]`)}
              onChange={(address) => {
                set({ ...email, address });
              }}
            />
            <TextField
              label="For"
              isNarrow
              value={email.label}
              onChange={(label) => {
                set({ ...email, label });
              }}
            />
          </>
        )}
      />
      <ListField
        legend="Addresses"
        addText="Add an address"
        items={draft.adresses}
        blank={{ name: '', street: '', locality: '', region: '', postalCode: '', country: '' }}
        onChange={(adresses) => {
          change({ adresses });
        }}
        render={(adress, set, index) => (
          <div class="adress-fields">
            {adressFields.map(([part, label]) => (
              <TextField
                key={part}
                label={part === 'name' ? `Address ${index + 1}` : label}
                value={adress[part]}
                isInvalid={isInvalid(`adresses[${index}].${part}`)}
                onChange={(text) => {
                  set({ ...adress, [part]: text });
                }}
              />
            ))}
          </div>
        )}
      />
      <div class="two-columns">
        <TextField
          label="Birthday"
          value={draft.birthday}
          hint="2001-12-31, or --12-31 without a year"
          isInvalid={isInvalid('birthday')}
          onChange={(birthday) => {
            change({ birthday });
          }}
        />
        <TextField
          label="External id"
          value={draft.externalId}
          isInvalid={isInvalid('external_id')}
          onChange={(externalId) => {
            change({ externalId });
          }}
        />
      </div>
      <TextField
        label="Labels"
        value={draft.labels.join(', ')}
        hint="Separated by commas"
        isInvalid={isInvalid('labels')}
        onChange={(text) => {
          change({ labels: text.split(/,\s*/) });
        }}
      />
      <label class="field">
        <span>Note</span>
        <textarea
          rows={4}
          defaultValue={draft.note}
          onInput={(event) => {
            change({ note: event.currentTarget.value });
          }}
        />
      </label>
    </>
  );
}

const adressFields = [
  ['name', 'Address'],
  ['street', 'Street'],
  ['postalCode', 'Postal code'],
  ['locality', 'City'],
  ['region', 'State or region'],
  ['country', 'Country'],
] as const;

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'email' | 'tel';
  readonly hint?: string;
  readonly isFirst?: boolean;
  readonly isNarrow?: boolean;
  readonly isInvalid?: boolean;
}

/** The text of an input is kept by the browser: it stays as typed when the form is shown again. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { label, value, onChange, type = 'text', hint, isFirst, isNarrow, isInvalid } = props;
  const input = useRef<HTMLInputElement>(null);
  const initial = useRef(value).current;
  // Before anything can be typed.
  useLayoutEffect(() => {
    if (isFirst === true) input.current?.focus();
  }, []);
  return (
    <label class={isNarrow === true ? 'field narrow' : 'field'}>
      <span>{label}</span>
      <input
        ref={input}
        type={type}
        autocomplete="off"
        spellcheck={false}
        defaultValue={initial}
        aria-invalid={isInvalid === true ? true : undefined}
        onInput={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
      {hint !== undefined && <small class="weak">{hint}</small>}
    </label>
  );
}

interface ListFieldProps<Item> {
  readonly legend: string;
  readonly addText: string;
  readonly items: readonly Item[];
  readonly blank: Item;
  readonly onChange: (items: Item[]) => void;
  readonly render: (item: Item, set: (item: Item) => void, index: number) => JSX.Element;
}

/** Fields that a person may have several times. */
function ListField<Item>(props: ListFieldProps<Item>): JSX.Element {
  const { legend, addText, items, blank, onChange, render } = props;
  const nextKey = useRef(0);
  const [keys, setKeys] = useState(() => items.map(() => nextKey.current++));
  const list = useRef<HTMLFieldSetElement>(null);
  return (
    <fieldset ref={list} class="list-field">
      <legend>{legend}</legend>
      {items.map((item, index) => (
        <div key={keys[index] ?? index} class="list-item">
          {render(
            item,
            (changed) => {
              onChange(items.with(index, changed));
            },
            index,
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={`Remove from ${legend.toLowerCase()}: ${index + 1}`}
            onClick={() => {
              setKeys(keys.toSpliced(index, 1));
              onChange(items.toSpliced(index, 1));
              list.current?.querySelector<HTMLElement>('.link-button')?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="link-button"
        onClick={() => {
          setKeys([...keys, nextKey.current++]);
          onChange([...items, blank]);
          requestAnimationFrame(() => {
            const inputs = list.current?.querySelectorAll<HTMLElement>(
              '.list-item:last-of-type input',
            );
            inputs?.[0]?.focus();
          });
        }}
      >
        <Icon name="plus" />
        {addText}
      </button>
    </fieldset>
  );
}
