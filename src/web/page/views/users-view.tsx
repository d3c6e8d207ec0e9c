import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { UserRequest } from '../../../../gen/grpcUser/user.js';
import { CallError } from '../api/call-error.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { Dialog } from './dialog.js';
import { Icon } from './icon.js';
import { TextField } from './person-form.js';
import { initialsOf, tintOf } from './texts.js';
import { useObserved } from './use-observed.js';

type Filter = 'all' | 'verified' | 'unverified';

const verifiedOf: Readonly<Record<Filter, boolean | undefined>> = {
  all: undefined,
  verified: true,
  unverified: false,
};

/** What the list has of the users. */
interface Listed {
  readonly users: readonly UserRequest[];
  readonly nextPageToken: string;
}

/** The users, with their verified flag. */
export function UsersView({ model }: { readonly model: PageModel }): JSX.Element {
  const { session } = model;
  useObserved(session);
  const list = useUsers(model);
  const [edited, setEdited] = useState<UserRequest>();
  const mayWrite = session.may('users:write');
  return (
    <section class="page-section" aria-label="Users">
      <UsersToolbar list={list}>
        {mayWrite && (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              setEdited(UserRequest.fromPartial({}));
            }}
          >
            <Icon name="plus" />
            <span>New user</span>
          </button>
        )}
      </UsersToolbar>
      {list.error !== undefined && (
        <div class="state">
          <p>{errorText(list.error)}</p>
          <button type="button" class="button" onClick={list.reload}>
            Try again
          </button>
        </div>
      )}
      {list.listed?.users.length === 0 && (
        <div class="state">
          <p class="state-title">No users here</p>
          <p>
            {list.isFiltered
              ? 'No user matches. Change the search or the filter.'
              : 'Users of your services appear here when they are added.'}
          </p>
        </div>
      )}
      <ul class="users">
        {list.listed?.users.map((user) => (
          <UserItem
            key={user.id}
            user={user}
            mayWrite={mayWrite}
            onEdit={setEdited}
            onVerified={(verified) => void list.setVerified(user, verified)}
          />
        ))}
      </ul>
      {list.listed !== undefined && list.listed.nextPageToken !== '' && (
        <button type="button" class="button more" onClick={list.more}>
          Show more
        </button>
      )}
      {edited !== undefined && (
        <UserDialog
          model={model}
          user={edited}
          onClose={() => {
            setEdited(undefined);
          }}
          onDone={() => {
            setEdited(undefined);
            list.reload();
          }}
        />
      )}
    </section>
  );
}

interface UserList {
  readonly listed: Listed | undefined;
  readonly error: unknown;
  readonly query: string;
  readonly filter: Filter;
  readonly isFiltered: boolean;
  readonly setQuery: (query: string) => void;
  readonly setFilter: (filter: Filter) => void;
  readonly reload: () => void;
  readonly more: () => void;
  readonly setVerified: (user: UserRequest, verified: boolean) => Promise<void>;
}

const DEBOUNCE_MS = 150;

function useUsers({ api, feed, notices }: PageModel): UserList {
  const [listed, setListed] = useState<Listed>();
  const [error, setError] = useState<unknown>();
  const [query, setQuery] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const reading = useRef(new AbortController());
  const read = async (pageToken: string, before: readonly UserRequest[]): Promise<void> => {
    reading.current.abort();
    const { signal } = (reading.current = new AbortController());
    try {
      const page = await api.listUsers(query, verifiedOf[filter], pageToken, signal);
      setListed({ users: [...before, ...page.users], nextPageToken: page.nextPageToken });
      setError(undefined);
    } catch (failure) {
      if (!signal.aborted) setError(failure);
    }
  };
  const reload = (): void => void read('', []);
  useEffect(() => {
    const timer = setTimeout(reload, listed === undefined ? 0 : DEBOUNCE_MS);
    const unsubscribe = feed.subscribe(() => {
      if (feed.state === 'live') reload();
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [query, filter]);
  useEffect(
    () => () => {
      reading.current.abort();
    },
    [],
  );
  return {
    listed,
    error,
    query,
    filter,
    isFiltered: query !== '' || filter !== 'all',
    setQuery,
    setFilter,
    reload,
    more: () => void read(listed?.nextPageToken ?? '', listed?.users ?? []),
    setVerified: async (user, verified) => {
      try {
        await api.updateUser({ ...user, verified }, ['verified']);
        notices.show(`${nameOf(user)} is ${verified ? 'verified' : 'not verified'} now.`);
      } catch (failure) {
        notices.fail(errorText(failure));
      }
      reload();
    },
  };
}

function UsersToolbar({
  list,
  children,
}: {
  readonly list: UserList;
  readonly children: JSX.Element | false;
}): JSX.Element {
  return (
    <div class="toolbar">
      <div class="search">
        <Icon name="search" />
        <input
          id="search"
          type="search"
          aria-label="Search users"
          placeholder="Search names and emails"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          value={list.query}
          onInput={(event) => {
            list.setQuery(event.currentTarget.value);
          }}
        />
      </div>
      <div class="toolbar-buttons">
        <label class="sort-choice is-always">
          <span>Show</span>
          <select
            value={list.filter}
            onChange={(event) => {
              list.setFilter(event.currentTarget.value as Filter);
            }}
          >
            <option value="all">All users</option>
            <option value="verified">Verified</option>
            <option value="unverified">Not verified</option>
          </select>
        </label>
        {children}
      </div>
    </div>
  );
}

interface UserItemProps {
  readonly user: UserRequest;
  readonly mayWrite: boolean;
  readonly onEdit: (user: UserRequest) => void;
  readonly onVerified: (verified: boolean) => void;
}

function UserItem({ user, mayWrite, onEdit, onVerified }: UserItemProps): JSX.Element {
  return (
    <li class="user">
      <span class={`avatar ${tintOf(user.id)}`} aria-hidden="true">
        {initialsOf(nameOf(user))}
      </span>
      <span class="two-lines">
        <span class="strong">{nameOf(user)}</span>
        <span class="weak">
          {[user.email, user.address].filter((text) => text !== '').join(' · ')}
        </span>
      </span>
      <label class="switch">
        <input
          type="checkbox"
          checked={user.verified}
          disabled={!mayWrite}
          aria-label={`${nameOf(user)} is verified`}
          onChange={(event) => {
            onVerified(event.currentTarget.checked);
          }}
        />
        <span aria-hidden="true">Verified</span>
      </label>
      {mayWrite && (
        <button
          type="button"
          class="icon-button"
          aria-label={`Edit ${nameOf(user)}`}
          onClick={() => {
            onEdit(user);
          }}
        >
          <Icon name="edit" />
        </button>
      )}
    </li>
  );
}

function nameOf({ firstName, lastName }: UserRequest): string {
  return [firstName, lastName].filter((text) => text !== '').join(' ');
}

interface UserDialogProps {
  readonly model: PageModel;
  readonly user: UserRequest;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const userFields = [
  ['firstName', 'first_name', 'First name'],
  ['lastName', 'last_name', 'Last name'],
  ['email', 'email', 'Email'],
  ['address', 'address', 'Address'],
] as const;

function UserDialog({ model, user, onClose, onDone }: UserDialogProps): JSX.Element {
  const [draft, setDraft] = useState(user);
  const [error, setError] = useState<unknown>();
  const [isDeleting, setIsDeleting] = useState(false);
  const isNew = user.id === 0;
  const attempt = async (work: () => Promise<void>, text: string): Promise<void> => {
    try {
      await work();
      model.notices.show(text);
      onDone();
    } catch (failure) {
      setError(failure);
      setIsDeleting(false);
    }
  };
  const save = async (): Promise<void> => {
    const paths = [
      ...userFields.filter(([field]) => draft[field] !== user[field]).map(([, path]) => path),
      ...(draft.verified === user.verified ? [] : ['verified']),
    ];
    if (isNew) await model.api.addUser(draft);
    else if (paths.length > 0) await model.api.updateUser(draft, paths);
  };
  return (
    <Dialog title={isNew ? 'New user' : nameOf(user)} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(save, `${nameOf(draft)} was ${isNew ? 'added' : 'saved'}.`);
        }}
      >
        {error !== undefined && (
          <p class="form-error" role="alert">
            {userErrorText(error)}
          </p>
        )}
        {userFields.map(([field, , label], index) => (
          <TextField
            key={field}
            label={label}
            isFirst={index === 0}
            value={draft[field]}
            onChange={(text) => {
              setDraft((known) => ({ ...known, [field]: text }));
            }}
          />
        ))}
        <label class="check">
          <input
            type="checkbox"
            checked={draft.verified}
            onChange={(event) => {
              const verified = event.currentTarget.checked;
              setDraft((known) => ({ ...known, verified }));
            }}
          />
          <span>The identity of this user has been verified</span>
        </label>
        <div class="form-buttons">
          <button type="submit" class="button primary">
            {isNew ? 'Add user' : 'Save'}
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          {!isNew && (
            <button
              type="button"
              class="button danger at-end"
              onClick={() => {
                if (!isDeleting) {
                  setIsDeleting(true);
                } else {
                  const remove = (): Promise<void> => model.api.deleteUser(user.id, user.etag);
                  void attempt(remove, `${nameOf(user)} was deleted.`);
                }
              }}
            >
              {isDeleting ? 'Delete for good?' : 'Delete'}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function userErrorText(error: unknown): string {
  if (error instanceof CallError && error.reason === 'ETAG_MISMATCH') {
    return 'This user has been changed meanwhile. Close this form and open it again to see how.';
  }
  return errorText(error);
}
