import type { JSX, TargetedKeyboardEvent } from 'preact';
import { Icon } from './icon.js';

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onInput: (query: string) => void;
  readonly onKeyDown?: (event: TargetedKeyboardEvent<HTMLInputElement>) => void;
}

/** The search field of a list. Escape clears it; the shortcut `/` focuses it by its id. */
export function SearchField({
  label,
  placeholder,
  value,
  onInput,
  onKeyDown,
}: SearchFieldProps): JSX.Element {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        id="search"
        type="search"
        aria-label={label}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={value}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onInput('');
          onKeyDown?.(event);
        }}
      />
    </div>
  );
}
