import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Person } from '../../../../gen/personguide/person_guide.js';
import { CallError } from '../api/call-error.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import type { Route } from '../model/route.js';
import { Icon } from './icon.js';
import { PersonCard } from './person-card.js';
import { PersonForm } from './person-form.js';
import { useObserved } from './use-observed.js';

/** Whether what is shown is still right, although it could not be read again. */
function isTransient(error: unknown): boolean {
  return error instanceof CallError && error.isTransient;
}

interface PersonPanelProps {
  readonly model: PageModel;
  readonly route: Extract<Route, { view: 'people' }>;
}

/** One person beside the list: to read, to edit, or a new one. */
export function PersonPanel({ model, route }: PersonPanelProps): JSX.Element {
  const { router, session } = model;
  useObserved(session);
  const { person, error, setPerson } = usePerson(model, route.id);
  const panel = useRef<HTMLElement>(null);
  const close = (): void => {
    router.go({ view: 'people' });
    document.querySelector<HTMLElement>('.grid')?.focus();
  };
  useEffect(() => {
    // A form has the focus in its first field.
    if (route.mode === undefined) panel.current?.focus();
  }, [route.id, route.mode]);
  const title = route.mode === 'new' ? 'New person' : (person?.name ?? 'Person');
  return (
    <section
      ref={panel}
      class="panel"
      tabIndex={-1}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && route.mode === undefined) close();
      }}
    >
      <button
        type="button"
        class="icon-button panel-close"
        aria-label="Back to the list"
        onClick={close}
      >
        <Icon name="close" />
      </button>
      {route.mode === 'new' && (
        <PersonForm
          model={model}
          base={Person.fromPartial({})}
          onCancel={close}
          onSaved={(saved) => {
            router.replace({ view: 'people', id: saved.id });
          }}
        />
      )}
      {error !== undefined && (person === undefined || !isTransient(error)) && (
        <div class="state">
          <p>{errorText(error)}</p>
        </div>
      )}
      {person !== undefined &&
        route.mode === undefined &&
        (error === undefined || isTransient(error)) && <PersonCard model={model} person={person} />}
      {person !== undefined && route.mode === 'edit' && (
        <PersonForm
          model={model}
          base={person}
          onCancel={() => {
            router.replace({ view: 'people', id: person.id });
          }}
          onSaved={(saved) => {
            setPerson(saved);
            router.replace({ view: 'people', id: saved.id });
          }}
        />
      )}
    </section>
  );
}

const DELETED = 'This person has been deleted.';

/** A person, read again whenever the person changes. */
function usePerson(
  { people, feed }: PageModel,
  id: number | undefined,
): {
  person: Person | undefined;
  error: unknown;
  setPerson: (person: Person) => void;
} {
  const [person, setPerson] = useState<Person>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    if (id === undefined) return undefined;
    const ended = new AbortController();
    const read = async (): Promise<void> => {
      try {
        setPerson(await people.getPerson(id, ended.signal));
        setError(undefined);
      } catch (failure) {
        if (ended.signal.aborted) return;
        setError(failure);
      }
    };
    void read();
    const unsubscribe = people.subscribe(() => {
      const { latestChange } = people;
      if (latestChange === undefined) void read();
      else if (latestChange.deletedIds.includes(id)) setError(new Error(DELETED));
      else if (latestChange.people.some((changed) => changed.id === id)) void read();
    });
    const unfollow = feed.subscribe(() => {
      if (feed.state === 'live') void read();
    });
    return () => {
      unsubscribe();
      unfollow();
      ended.abort();
    };
  }, [id]);
  return { person, error, setPerson };
}
