import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { UserRequest } from '../../../../gen/grpcUser/user.js';
import { CallError } from '../api/call-error.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { Dialog } from './dialog.js';
import { TextField } from './person-form.js';
import { nameOfUser } from './texts.js';

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

/** The form of a new user, or of one that exists. */
export function UserDialog({ model, user, onClose, onDone }: UserDialogProps): JSX.Element {
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
    <Dialog title={isNew ? 'New user' : nameOfUser(user)} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(save, `${nameOfUser(draft)} was ${isNew ? 'added' : 'saved'}.`);
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
                  void attempt(remove, `${nameOfUser(user)} was deleted.`);
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
