import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageModel } from '../model/page-model.js';
import { Dialog } from './dialog.js';

/** Asks for a key or token, which is kept for this tab only. */
export function KeyDialog({ model }: { readonly model: PageModel }): JSX.Element {
  const { session } = model;
  const [key, setKey] = useState('');
  return (
    <Dialog title="This directory needs a key" onClose={undefined}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') model.useKey(key);
        }}
      >
        {session.isKeyRejected && (
          <p class="form-error" role="alert">
            The server did not accept this key. It may be mistyped, expired or revoked.
          </p>
        )}
        <p>
          Enter a key or a token. Operators make keys with <code>personguide keys add</code>.
        </p>
        <label class="field">
          <span>Key or token</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            autofocus
            onInput={(event) => {
              setKey(event.currentTarget.value);
            }}
          />
          <small class="weak">It is kept until this tab is closed, and nowhere else.</small>
        </label>
        <div class="form-buttons">
          <button type="submit" class="button primary">
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  );
}
