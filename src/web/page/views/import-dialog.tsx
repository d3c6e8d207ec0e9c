import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ImportMatch } from '../../../../gen/personguide/person_guide.js';
import { ImportRun, type Fault } from '../files/import-run.js';
import { previewOf, type Preview } from '../files/preview.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { Dialog } from './dialog.js';
import { saveFile } from './save-file.js';
import { countOf, numberText } from './texts.js';
import { useObserved } from './use-observed.js';

interface ImportDialogProps {
  readonly model: PageModel;
  readonly file: File;
  readonly onClose: () => void;
}

const matches: readonly (readonly [ImportMatch, string])[] = [
  [ImportMatch.IMPORT_MATCH_UNSPECIFIED, 'Add everyone as a new person'],
  [ImportMatch.IMPORT_MATCH_ID, 'Change the people with the same id'],
  [ImportMatch.IMPORT_MATCH_EXTERNAL_ID, 'Change the people with the same external id'],
  [ImportMatch.IMPORT_MATCH_EMAIL, 'Change the people with the same email'],
];

/** Imports a file: what is in it, how, and what became of it. */
export function ImportDialog({ model, file, onClose }: ImportDialogProps): JSX.Element {
  const [preview, setPreview] = useState<Preview>();
  const [error, setError] = useState<unknown>();
  const [match, setMatch] = useState(ImportMatch.IMPORT_MATCH_UNSPECIFIED);
  const [run, setRun] = useState<ImportRun>();
  useEffect(() => {
    previewOf(file).then((found) => {
      setPreview(found);
      setMatch(found.match);
    }, setError);
  }, [file]);
  useEffect(() => () => run?.stop(), [run]);
  const start = (isDryRun: boolean): void => {
    const started = new ImportRun(model.api, file, { match, isDryRun });
    setRun(started);
    void started.run().then(() => {
      if (!isDryRun) model.people.take(undefined);
    });
  };
  return (
    <Dialog title={`Import ${file.name}`} onClose={onClose} isWide>
      {error !== undefined && (
        <p class="form-error" role="alert">
          {errorText(error)}
        </p>
      )}
      {preview !== undefined && run === undefined && (
        <>
          <PreviewTable preview={preview} />
          <fieldset class="choices">
            <legend>How</legend>
            {matches.map(([value, label]) => (
              <label key={value} class={match === value ? 'choice is-chosen' : 'choice'}>
                <input
                  type="radio"
                  name="match"
                  checked={match === value}
                  onChange={() => {
                    setMatch(value);
                  }}
                />
                <span>{label}</span>
              </label>
            ))}
          </fieldset>
          <div class="form-buttons">
            <button
              type="button"
              class="button primary"
              onClick={() => {
                start(false);
              }}
            >
              Import
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                start(true);
              }}
            >
              Only check
            </button>
            <button type="button" class="button" onClick={onClose}>
              Cancel
            </button>
          </div>
        </>
      )}
      {run !== undefined && (
        <Progress
          run={run}
          file={file}
          onImport={() => {
            start(false);
          }}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}

function PreviewTable({ preview: { entries } }: { readonly preview: Preview }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="The first people of the file">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Email</th>
            <th scope="col">Phone</th>
            <th scope="col">Organization</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ line, person, problems }) => (
            <tr key={line}>
              {person === undefined ? (
                <td colSpan={4} class="fault-text">
                  Line {line}: {problemsText(problems)}
                </td>
              ) : (
                <>
                  <td>{person.name}</td>
                  <td>{person.email}</td>
                  <td>{person.phones?.[0]?.number}</td>
                  <td>{person.organization}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ProgressProps {
  readonly run: ImportRun;
  readonly file: File;
  readonly onImport: () => void;
  readonly onClose: () => void;
}

function Progress({ run, file, onImport, onClose }: ProgressProps): JSX.Element {
  useObserved(run);
  const isRunning = run.state === 'running' || run.state === 'waiting';
  return (
    <>
      <progress class="import-progress" aria-label="Progress" value={run.fraction} max={1} />
      <p class="dialog-message" aria-live="polite">
        {stateText(run)}
      </p>
      {run.ignoredColumns.length > 0 && (
        <p class="weak">
          These columns belong to no field and were left out: {run.ignoredColumns.join(', ')}.
        </p>
      )}
      {run.faulty > 0 && <Faults run={run} />}
      <div class="form-buttons">
        {run.state === 'done' && run.isDryRun && (
          <button type="button" class="button primary" onClick={onImport}>
            Import now
          </button>
        )}
        {!isRunning && run.faulty > 0 && (
          <button
            type="button"
            class="button"
            onClick={() => {
              saveFile(`not imported ${file.name}`, new Blob([run.faultyText()]));
            }}
          >
            Save the faulty ones as a file
          </button>
        )}
        <button
          type="button"
          class="button"
          onClick={() => {
            run.stop();
            onClose();
          }}
        >
          {isRunning ? 'Stop' : 'Close'}
        </button>
      </div>
    </>
  );
}

function stateText(run: ImportRun): string {
  const { state, isDryRun } = run;
  const { created, updated, unchanged } = run.counts;
  const parts = [
    `${numberText(created)} ${isDryRun ? 'new' : 'added'}`,
    `${numberText(updated)} ${isDryRun ? 'to change' : 'changed'}`,
    `${numberText(unchanged)} as before`,
    `${numberText(run.faulty)} with faults`,
  ].filter((text) => !text.startsWith('0 '));
  const counts = parts.length === 0 ? 'no one yet' : parts.join(', ');
  switch (state) {
    case 'running':
      return `${isDryRun ? 'Checking' : 'Importing'}: ${counts}`;
    case 'waiting':
      return `Waiting for the server; the import goes on by itself. So far: ${counts}`;
    case 'done':
      return `${isDryRun ? 'Checked, nothing written' : 'Done'}: ${counts}`;
    case 'stopped':
      return `Stopped. What was imported stays: ${counts}`;
    case 'failed':
      return `${errorText(run.error)} So far: ${counts}`;
  }
}

/** So many faults are shown; all of them are in the file that can be saved. */
const SHOWN_FAULTS = 200;

function Faults({ run }: { readonly run: ImportRun }): JSX.Element {
  const shown = run.faults.slice(0, SHOWN_FAULTS);
  return (
    <>
      <h3>{countOf(run.faulty, 'person was not imported', 'people were not imported')}</h3>
      <div class="table-scroll faults" tabIndex={0} role="region" aria-label="Faults">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Name</th>
              <th scope="col">What is wrong</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((fault) => (
              <FaultRow key={fault.line} fault={fault} />
            ))}
          </tbody>
        </table>
      </div>
      {run.faulty > shown.length && (
        <p class="weak">The first {numberText(shown.length)} are shown.</p>
      )}
    </>
  );
}

function FaultRow({ fault: { line, name, problems } }: { readonly fault: Fault }): JSX.Element {
  return (
    <tr>
      <td class="number">{line}</td>
      <td>{name}</td>
      <td class="fault-text">{problemsText(problems)}</td>
    </tr>
  );
}

function problemsText(problems: Fault['problems']): string {
  return problems.map(({ field, description }) => `${field} ${description}`.trim()).join('; ');
}
