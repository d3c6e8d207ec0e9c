import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { UserRequest } from '../../../../gen/grpcUser/user.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { Icon } from './icon.js';
import { SearchField } from './search-field.js';
import { initialsOf, nameOfUser, tintOf } from './texts.js';
import { useObserved } from './use-observed.js';
import { UserDialog } from './user-dialog.js';

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
        notices.show(`${nameOfUser(user)} is ${verified ? 'verified' : 'not verified'} now.`);
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
      <SearchField
        label="Search users"
        placeholder="Search names and emails"
        value={list.query}
        onInput={list.setQuery}
      />
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
        {initialsOf(nameOfUser(user))}
      </span>
      <span class="two-lines">
        <span class="strong">{nameOfUser(user)}</span>
        <span class="weak">
          {[user.email, user.address].filter((text) => text !== '').join(' · ')}
        </span>
      </span>
      <label class="switch">
        <input
          type="checkbox"
          checked={user.verified}
          disabled={!mayWrite}
          aria-label={`${nameOfUser(user)} is verified`}
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
          aria-label={`Edit ${nameOfUser(user)}`}
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
