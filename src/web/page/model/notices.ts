import { Observable } from '../observable.js';

/** A message at the edge of the page. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'failed';
  /** What a button of the message does. */
  readonly action: { readonly label: string; readonly run: () => void } | undefined;
}

const SHOWN_MS = 8000;

/** The messages that are shown now. */
export class Notices extends Observable {
  #notices: readonly Notice[] = [];
  #nextId = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  get all(): readonly Notice[] {
    return this.#notices;
  }

  /** The latest action, for its shortcut. */
  get latestAction(): Notice | undefined {
    return this.#notices.findLast(({ action }) => action !== undefined);
  }

  show(text: string, action?: Notice['action']): void {
    this.#add({ text, kind: 'done', action });
  }

  fail(text: string): void {
    this.#add({ text, kind: 'failed', action: undefined });
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#notices = this.#notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  /** Keeps a message while the pointer or the focus is on it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** Lets a message go after the usual time. */
  release(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => {
        this.dismiss(id);
      }, SHOWN_MS),
    );
  }

  #add(notice: Omit<Notice, 'id'>): void {
    const id = this.#nextId++;
    this.#notices = [...this.#notices.slice(-2), { ...notice, id }];
    this.release(id);
    this.changed();
  }
}
