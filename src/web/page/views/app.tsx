import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { CallError } from '../api/call-error.js';
import type { LiveFeed } from '../live/live-feed.js';
import type { PageModel } from '../model/page-model.js';
import { hashOf, type Route } from '../model/route.js';
import { Icon } from './icon.js';
import { KeyDialog } from './key-dialog.js';
import { NoticesView } from './notices-view.js';
import { PeopleView } from './people-view.js';
import { ServerView } from './server-view.js';
import { ShortcutsDialog } from './shortcuts-dialog.js';
import { useObserved } from './use-observed.js';
import { useShortcuts } from './use-shortcuts.js';
import { UsersView } from './users-view.js';

const views: readonly (readonly [Route['view'], string])[] = [
  ['people', 'People'],
  ['users', 'Users'],
  ['server', 'Server'],
];

/** The whole page. */
export function App({ model }: { readonly model: PageModel }): JSX.Element {
  const { router, session, notices } = model;
  useObserved(router);
  useObserved(session);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const [areKeysOn, setAreKeysOn] = useShortcuts(model, () => {
    setIsHelpOpen(true);
  });
  const { route } = router;
  return (
    <>
      <header class="top">
        <h1 class="brand">
          <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" />
            <circle cx="16" cy="12.500" r="4.500" />
            <path d="M7.500 25.500c.6-5 4.200-7.500 8.500-7.500s7.900 2.500 8.500 7.500" />
          </svg>
          <span>PersonGuide</span>
        </h1>
        <nav class="nav" aria-label="Views">
          {views.map(([view, title]) => (
            <a
              key={view}
              href={hashOf({ view })}
              aria-current={route.view === view ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <div class="top-end">
          {!session.may('people:write') && <span class="badge">Read only</span>}
          <LiveDot feed={model.feed} />
          <button
            type="button"
            class="icon-button"
            aria-label="Keyboard shortcuts"
            onClick={() => {
              setIsHelpOpen(true);
            }}
          >
            <Icon name="keyboard" />
          </button>
        </div>
      </header>
      <LostBanner feed={model.feed} />
      <main class={`main view-${route.view}`}>
        {route.view === 'people' && <PeopleView model={model} route={route} />}
        {route.view === 'users' && <UsersView model={model} />}
        {route.view === 'server' && <ServerView model={model} />}
      </main>
      <NoticesView notices={notices} />
      {isHelpOpen && (
        <ShortcutsDialog
          isOn={areKeysOn}
          onToggle={setAreKeysOn}
          onClose={() => {
            setIsHelpOpen(false);
          }}
        />
      )}
      {session.isKeyNeeded && (
        <KeyDialog key={session.isKeyRejected ? 'again' : 'first'} model={model} />
      )}
    </>
  );
}

const stateTexts = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Offline',
} as const;

function LiveDot({ feed }: { readonly feed: LiveFeed }): JSX.Element {
  useObserved(feed);
  return (
    <span class="live-state">
      <span class={`dot ${feed.state}`} aria-hidden="true" />
      <span class="live-text">{stateTexts[feed.state]}</span>
    </span>
  );
}

function LostBanner({ feed }: { readonly feed: LiveFeed }): JSX.Element {
  useObserved(feed);
  const { error } = feed;
  const isShown = feed.state === 'lost' && error instanceof CallError && error.isTransient;
  return (
    <div role="status">
      {isShown && (
        <p class="banner">
          The server cannot be reached. What you see may be out of date; the page goes on by itself
          when the server is back.
        </p>
      )}
    </div>
  );
}
