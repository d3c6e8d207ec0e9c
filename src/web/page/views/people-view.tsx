import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { PersonOrder } from '../../../../gen/personguide/person_guide.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import type { Route } from '../model/route.js';
import { ExportDialog } from './export-dialog.js';
import { Icon } from './icon.js';
import { ImportDialog } from './import-dialog.js';
import { PersonGrid } from './person-grid.js';
import { PersonPanel } from './person-panel.js';
import { SearchField } from './search-field.js';
import { countOf, numberText } from './texts.js';
import { useObserved } from './use-observed.js';

interface PeopleViewProps {
  readonly model: PageModel;
  readonly route: Extract<Route, { view: 'people' }>;
}

/** The list of people, and one of them beside it. */
export function PeopleView({ model, route }: PeopleViewProps): JSX.Element {
  const { people, router, session } = model;
  useObserved(people);
  useObserved(people.rows);
  useObserved(session);
  const [file, setFile] = useState<File>();
  const [isExporting, setIsExporting] = useState(false);
  const isPanelOpen = route.id !== undefined || route.mode === 'new';
  const mayWrite = session.may('people:write');
  const dropping = useDrop(mayWrite, setFile);
  return (
    <div class={isPanelOpen ? 'split has-panel' : 'split'}>
      <section class="list-side" aria-label="List of people">
        <Toolbar
          model={model}
          onImport={setFile}
          onExport={() => {
            setIsExporting(true);
          }}
        />
        <ListState model={model} onImport={setFile} />
        {people.rows.progress !== undefined && <Seeking progress={people.rows.progress} />}
        <PersonGrid
          rows={people.rows}
          label="People"
          order={people.isSearch ? undefined : people.order}
          onOrder={(order) => {
            people.orderBy(order);
          }}
          selectedId={route.id}
          onOpen={(id) => {
            router.go({ view: 'people', id });
          }}
          onDelete={({ person }) => {
            if (!mayWrite) return;
            model.deletePerson(person).catch((error: unknown) => {
              model.notices.fail(errorText(error));
            });
          }}
        />
      </section>
      {isPanelOpen && <PersonPanel key={route.id ?? 'new'} model={model} route={route} />}
      {dropping && <div class="drop-veil">Drop a CSV or vCard file to import it</div>}
      {file !== undefined && (
        <ImportDialog
          model={model}
          file={file}
          onClose={() => {
            setFile(undefined);
          }}
        />
      )}
      {isExporting && (
        <ExportDialog
          api={model.api}
          onClose={() => {
            setIsExporting(false);
          }}
        />
      )}
    </div>
  );
}

const orders = [
  [PersonOrder.PERSON_ORDER_NAME, 'Name'],
  [PersonOrder.PERSON_ORDER_LAST_UPDATED, 'Last change'],
  [PersonOrder.PERSON_ORDER_ID, 'ID'],
] as const;

interface ToolbarProps {
  readonly model: PageModel;
  readonly onImport: (file: File) => void;
  readonly onExport: () => void;
}

function Toolbar({ model, onImport, onExport }: ToolbarProps): JSX.Element {
  const { people, router, session } = model;
  const { rows } = people;
  const mayWrite = session.may('people:write');
  return (
    <div class="toolbar">
      <SearchField
        label="Search people"
        placeholder="Search names, emails, phones"
        value={people.query}
        onInput={(query) => {
          people.find(query);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
          document.querySelector<HTMLElement>('.grid')?.focus();
          event.preventDefault();
        }}
      />
      <div class="toolbar-buttons">
        {mayWrite && (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              router.go({ view: 'people', mode: 'new' });
            }}
          >
            <Icon name="plus" />
            <span>New person</span>
          </button>
        )}
        {mayWrite && <FileButton onFile={onImport} />}
        <button type="button" class="button" onClick={onExport}>
          <Icon name="download" />
          <span>Export</span>
        </button>
      </div>
      <div class="summary">
        <p class="count" aria-live="polite">
          {summaryOf(people.isSearch, rows.isLoading, rows.count, rows.isOpenEnded)}
        </p>
        {people.label !== '' && (
          <button
            type="button"
            class="chip is-filter"
            onClick={() => {
              people.withLabel('');
            }}
          >
            <span class="visually-hidden">Remove the filter by label </span>
            {people.label}
            <Icon name="close" />
          </button>
        )}
        {!people.isSearch && (
          <label class="sort-choice">
            <span>Sort by</span>
            <select
              value={String(people.order)}
              onChange={(event) => {
                people.orderBy(orders[event.currentTarget.selectedIndex]?.[0] ?? people.order);
              }}
            >
              {orders.map(([order, name]) => (
                <option key={order} value={order}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </div>
  );
}

function summaryOf(
  isSearch: boolean,
  isLoading: boolean,
  count: number,
  isOpenEnded: boolean,
): string {
  if (isLoading) return isSearch ? 'Searching…' : 'Loading…';
  if (!isSearch) return `${countOf(count, 'person', 'people')}${isOpenEnded ? ' and more' : ''}`;
  if (count === 0) return 'No matches';
  return isOpenEnded ? `The best ${numberText(count)} matches` : countOf(count, 'match', 'matches');
}

/** A button that opens a file to import. */
function FileButton({ onFile }: { readonly onFile: (file: File) => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>
        <Icon name="upload" />
        <span>Import</span>
      </button>
      <input
        ref={input}
        id="import-file"
        type="file"
        hidden
        accept=".csv,.tsv,.vcf,.vcard,.json,.jsonl,.ndjson"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (file !== undefined) onFile(file);
        }}
      />
    </>
  );
}

/** What is said in the place of rows. */
function ListState({
  model: { people, session, router },
  onImport,
}: {
  readonly model: PageModel;
  readonly onImport: (file: File) => void;
}): JSX.Element | null {
  const { rows } = people;
  if (rows.error !== undefined) {
    return (
      <div class="state">
        <p>{errorText(rows.error)}</p>
        <button
          type="button"
          class="button"
          onClick={() => {
            rows.retry();
          }}
        >
          Try again
        </button>
      </div>
    );
  }
  if (rows.isLoading || rows.count > 0) return null;
  if (people.isSearch) {
    return (
      <div class="state">
        <p class="state-title">No one matches “{people.query.trim()}”</p>
        <p>Try fewer words or letters. Names, emails, organizations and phones are searched.</p>
      </div>
    );
  }
  return (
    <div class="state">
      <p class="state-title">There is no one here yet</p>
      {session.may('people:write') && (
        <>
          <p>Add the first person, or drop a CSV or vCard file anywhere on this page.</p>
          <div class="row-of-buttons">
            <button
              type="button"
              class="button primary"
              onClick={() => {
                router.go({ view: 'people', mode: 'new' });
              }}
            >
              New person
            </button>
            <FileButton onFile={onImport} />
          </div>
        </>
      )}
    </div>
  );
}

function Seeking({ progress }: { readonly progress: number }): JSX.Element {
  return (
    <div class="seeking">
      <progress aria-label="Reading on to this place of the list" value={progress} max={1} />
    </div>
  );
}

/** Whether a file is being dragged over the page; passes on the one that is dropped. */
function useDrop(isAllowed: boolean, onFile: (file: File) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    if (!isAllowed) return undefined;
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      event.preventDefault();
      setIsOver(false);
      if (file !== undefined) onFile(file);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, [isAllowed]);
  return isOver;
}
