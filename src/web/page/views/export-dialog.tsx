import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DirectoryApi } from '../api/directory-api.js';
import { exportFormats, exportPeople, type ExportFormat } from '../files/export-people.js';
import { errorText } from '../model/error-text.js';
import { Dialog } from './dialog.js';
import { saveFile } from './save-file.js';
import { countOf } from './texts.js';

/** Saves everyone as a file. */
export function ExportDialog({
  api,
  onClose,
}: {
  readonly api: DirectoryApi;
  readonly onClose: () => void;
}): JSX.Element {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [read, setRead] = useState<number>();
  const [message, setMessage] = useState('');
  const ended = useRef(new AbortController()).current;
  useEffect(
    () => () => {
      ended.abort();
    },
    [],
  );
  const run = async (): Promise<void> => {
    setRead(0);
    setMessage('');
    let people = 0;
    try {
      const onRead = (count: number): void => {
        people = count;
        setRead(count);
      };
      const file = await exportPeople(api, format, onRead, ended.signal);
      saveFile(`people.${exportFormats[format].suffix}`, file);
      setMessage(`${countOf(people, 'person', 'people')} exported.`);
    } catch (error) {
      if (!ended.signal.aborted) setMessage(errorText(error));
    }
    setRead(undefined);
  };
  return (
    <Dialog title="Export people" onClose={onClose}>
      <fieldset class="choices">
        <legend>Everyone, by id, as</legend>
        {Object.entries(exportFormats).map(([name, { label }]) => (
          <label key={name} class={format === name ? 'choice is-chosen' : 'choice'}>
            <input
              type="radio"
              name="format"
              checked={format === name}
              onChange={() => {
                setFormat(name as ExportFormat);
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <p aria-live="polite" class="dialog-message">
        {read === undefined ? message : `${countOf(read, 'person', 'people')} read…`}
      </p>
      <div class="form-buttons">
        <button
          type="button"
          class="button primary"
          disabled={read !== undefined}
          onClick={() => void run()}
        >
          Export
        </button>
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
