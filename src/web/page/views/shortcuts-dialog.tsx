import type { JSX } from 'preact';
import { Dialog } from './dialog.js';

const groups = [
  {
    title: 'Everywhere',
    keys: [
      ['/', 'Search'],
      ['N', 'New person'],
      ['1, 2, 3', 'People, users, server'],
      ['Z', 'Undo the last deletion'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'In the list',
    keys: [
      ['↑ ↓', 'Move'],
      ['Page Up, Page Down', 'Move by a page'],
      ['Home, End', 'First, last person'],
      ['Enter', 'Open the person'],
      ['Delete', 'Delete the person'],
    ],
  },
  {
    title: 'With a person open',
    keys: [
      ['E', 'Edit'],
      ['Ctrl + Enter', 'Save'],
      ['Esc', 'Close, or cancel the edit'],
    ],
  },
] as const;

interface ShortcutsDialogProps {
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
  readonly onClose: () => void;
}

/** All keys that do something. */
export function ShortcutsDialog({ isOn, onToggle, onClose }: ShortcutsDialogProps): JSX.Element {
  return (
    <Dialog title="Keyboard" onClose={onClose} isWide>
      <div class="shortcuts">
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, text]) => (
                <div key={key}>
                  <dt>
                    {key.split(', ').map((one) => (
                      <kbd key={one}>{one}</kbd>
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            onToggle(event.currentTarget.checked);
          }}
        />
        <span>Single letters and digits are shortcuts</span>
      </label>
    </Dialog>
  );
}
