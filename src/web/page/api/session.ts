import { Observable } from '../observable.js';
import { CallError } from './call-error.js';
import type { Transport } from './transport.js';

/** Where the key or token is kept: for this tab, until it is closed. */
const STORAGE_KEY = 'personguide.key';

/** What the callers of a method change or read. */
export type Scope = 'people:read' | 'people:write' | 'users:read' | 'users:write' | 'admin';

/** Who the caller is, and what the server permits. */
export class Session extends Observable {
  readonly #transport: Transport;
  #isKeyNeeded = false;
  #isKeyRejected = false;
  /** What the server has said; undefined if it has not. */
  #granted: ReadonlySet<string> | undefined;
  readonly #missing = new Set<Scope>();

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
    transport.token = sessionStorage.getItem(STORAGE_KEY) ?? '';
  }

  /** Whether the page cannot go on without a key. */
  get isKeyNeeded(): boolean {
    return this.#isKeyNeeded;
  }

  /** Whether the server did not accept the last key. */
  get isKeyRejected(): boolean {
    return this.#isKeyRejected;
  }

  get hasKey(): boolean {
    return this.#transport.token !== '';
  }

  /** Whether calls with this scope may succeed. */
  may(scope: Scope): boolean {
    return !this.#missing.has(scope) && (this.#granted?.has(scope) ?? true);
  }

  /** Takes the scopes that the server says the caller has. */
  grant(scopes: readonly string[]): void {
    const isSame =
      this.#granted?.size === scopes.length && scopes.every((s) => this.#granted?.has(s));
    this.#granted = new Set(scopes);
    if (!isSame) this.changed();
  }

  /** Goes on with a key. */
  useKey(key: string): void {
    this.#transport.token = key.trim();
    sessionStorage.setItem(STORAGE_KEY, this.#transport.token);
    this.#forget();
  }

  /** Removes the key from this tab. */
  removeKey(): void {
    this.#transport.token = '';
    sessionStorage.removeItem(STORAGE_KEY);
    this.#forget();
  }

  #forget(): void {
    this.#granted = undefined;
    this.#missing.clear();
    this.#isKeyNeeded = false;
    this.#isKeyRejected = false;
    this.changed();
  }

  /** Sees the error of a call that needs this scope. */
  noteError(error: unknown, scope?: Scope): void {
    if (!(error instanceof CallError)) return;
    if (error.code === 'unauthenticated' && !this.#isKeyNeeded) {
      this.#isKeyNeeded = true;
      this.#isKeyRejected = this.hasKey;
      this.changed();
    }
    if (error.code === 'permission_denied' && scope !== undefined && !this.#missing.has(scope)) {
      this.#missing.add(scope);
      this.changed();
    }
  }
}
