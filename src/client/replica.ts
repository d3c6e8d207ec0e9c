import { Person } from '../../gen/personguide/person_guide.js';
import { EmailIndex } from './email-index.js';
import type { LongCall } from './long-call.js';
import type { PeopleCalls } from './directory-calls.js';
import { checkRules, FUNCTION, type Rules } from './option-rules.js';
import { FILTER_RULES, PeopleWatch, type PeopleEvent, type WatchOptions } from './people-watch.js';
import type { RpcError } from './rpc-error.js';

/**
 * `connecting`: not everyone has come yet. `live`: changes come as they are committed. `stale`: the
 * connection is lost, and the replica has what it had before. `failed`: an error that a retry cannot
 * help, see `error`. `closed`: after close(), that of the client included, or after an abort.
 */
export type ReplicaState = 'connecting' | 'live' | 'stale' | 'failed' | 'closed';

/** Whom to replicate, and how to follow them. */
export interface ReplicaOptions extends Omit<WatchOptions, 'from'> {
  /** Called at each change of `state`. */
  readonly onStateChange?: ((state: ReplicaState) => void) | undefined;
}

/** What has changed in a replica. */
export interface ReplicaChange {
  /** People who are new or have changed. */
  readonly people: readonly Person[];
  /** People who were in the replica and no longer are. */
  readonly deletedIds: readonly number[];
}

/**
 * The people of a directory, or those who match a filter, in this process: a read-only Map by id
 * that is always current. It keeps people encoded, so each read returns a new object.
 */
export interface Replica extends ReadonlyMap<number, Person> {
  /** Resolves when everyone has come; rejects if the replica fails or is closed before. */
  readonly ready: Promise<void>;
  readonly state: ReplicaState;
  /** Why it failed, or the last failure from which it has recovered. */
  readonly error: unknown;
  /** The person with this email, main or further, compared exactly; the lowest id of several. */
  byEmail(email: string): Person | undefined;
  /**
   * Calls `listener` after each change, also while the first people come, until the returned
   * function is called.
   */
  onChange(listener: (change: ReplicaChange) => void): () => void;
  /** Ends it; the people stay. A second call does nothing. */
  close(): void;
  /** The same as `close()`. */
  [Symbol.dispose](): void;
}

const RULES: Rules = { ...FILTER_RULES, onStateChange: FUNCTION };

/** Throws a TypeError that names the first option that is unknown or wrong. */
export function checkReplicaOptions(options: ReplicaOptions): void {
  checkRules('replica', options, RULES);
}

/** A replica that follows WatchPersons. */
export class PeopleReplica implements Replica {
  readonly ready: Promise<void>;
  readonly #options: ReplicaOptions;
  readonly #call: LongCall;
  /** Encoded people as Latin-1 texts: half of the memory of Buffers, a fifth of that of objects. */
  readonly #people = new Map<number, string>();
  readonly #emails = new EmailIndex();
  readonly #listeners = new Set<(change: ReplicaChange) => void>();
  #state: ReplicaState = 'connecting';
  #error: unknown;
  #isComplete = false;
  /** Who has come again since a new snapshot began. */
  #seen: Set<number> | undefined;
  #settleReady: { resolve(): void; reject(error: unknown): void } = NOT_WAITING;

  constructor(people: PeopleCalls, options: ReplicaOptions, call: LongCall) {
    this.#options = options;
    this.#call = call;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // A caller who does not wait for it must not get an unhandled rejection.
    this.ready.catch(() => undefined);
    void this.#follow(people);
  }

  get state(): ReplicaState {
    return this.#state;
  }

  get error(): unknown {
    return this.#error;
  }

  get size(): number {
    return this.#people.size;
  }

  has(id: number): boolean {
    return this.#people.has(id);
  }

  get(id: number): Person | undefined {
    const stored = this.#people.get(id);
    return stored === undefined ? undefined : decoded(stored);
  }

  byEmail(email: string): Person | undefined {
    for (const id of this.#emails.idsOf(email)) {
      const person = this.get(id);
      if (person && emailsOf(person).includes(email)) return person;
    }
    return undefined;
  }

  keys(): ReturnType<People['keys']> {
    return this.#people.keys();
  }

  *values(): ReturnType<People['values']> {
    for (const stored of this.#people.values()) yield decoded(stored);
  }

  *entries(): ReturnType<People['entries']> {
    for (const [id, stored] of this.#people) yield [id, decoded(stored)];
  }

  [Symbol.iterator](): ReturnType<People['entries']> {
    return this.entries();
  }

  forEach(
    callback: (person: Person, id: number, map: ReadonlyMap<number, Person>) => void,
    thisArg?: unknown,
  ): void {
    for (const [id, person] of this) callback.call(thisArg, person, id, this);
  }

  onChange(listener: (change: ReplicaChange) => void): () => void {
    // The same function may be registered twice.
    const own = (change: ReplicaChange): void => {
      listener(change);
    };
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  close(): void {
    this.#call.end();
    this.#become('closed');
    this.#settleReady.reject(new Error('the replica has been closed'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #follow(people: PeopleCalls): Promise<void> {
    const watch = new PeopleWatch(people, this.#options, this.#call, {
      onResponse: () => {
        if (this.#isComplete) this.#become('live');
      },
      onInterruption: (error: RpcError) => {
        this.#error = error;
        if (this.#isComplete) this.#become('stale');
      },
    });
    try {
      for await (const event of watch) this.#apply(event);
    } catch (error) {
      this.#error = error;
      this.#become(this.#call.failure ? 'closed' : 'failed');
      this.#settleReady.reject(error);
    }
  }

  #apply(event: PeopleEvent): void {
    if (event.reset) this.#seen = new Set();
    const people = event.people.filter((person) => this.#put(person));
    const deletedIds = event.deletedIds.filter((id) => this.#remove(id));
    if (event.snapshotComplete) deletedIds.push(...this.#removeUnseen());
    if (people.length > 0 || deletedIds.length > 0) this.#report({ people, deletedIds });
    if (!event.snapshotComplete) return;
    this.#isComplete = true;
    this.#become('live');
    this.#settleReady.resolve();
  }

  /** Whether the person is new or has changed. */
  #put(person: Person): boolean {
    const { id } = person;
    this.#seen?.add(id);
    const stored = encoded(person);
    const before = this.#people.get(id);
    if (before === stored) return false;
    if (before !== undefined) this.#emails.remove(id, emailsOf(decoded(before)));
    this.#people.set(id, stored);
    this.#emails.add(id, emailsOf(person));
    return true;
  }

  #remove(id: number): boolean {
    const stored = this.#people.get(id);
    if (stored === undefined) return false;
    this.#people.delete(id);
    this.#emails.remove(id, emailsOf(decoded(stored)));
    return true;
  }

  /** Removes people who have not come in a new snapshot. */
  #removeUnseen(): number[] {
    const seen = this.#seen;
    this.#seen = undefined;
    if (seen === undefined) return [];
    const gone = [...this.#people.keys()].filter((id) => !seen.has(id));
    return gone.filter((id) => this.#remove(id));
  }

  #report(change: ReplicaChange): void {
    for (const listener of [...this.#listeners]) {
      // An error of a listener must not end the replica.
      process.nextTick(listener, change);
    }
  }

  #become(state: ReplicaState): void {
    const isOver = this.#state === 'closed' || this.#state === 'failed';
    if (isOver || this.#state === state) return;
    this.#state = state;
    const { onStateChange } = this.#options;
    if (onStateChange) process.nextTick(onStateChange, state);
  }
}

const NOT_WAITING = { resolve: () => undefined, reject: () => undefined };

/** The iterators of a Map; the name of their type depends on the version of TypeScript. */
type People = ReadonlyMap<number, Person>;

function encoded(person: Person): string {
  const bytes = Person.encode(person).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function decoded(stored: string): Person {
  return Person.decode(Buffer.from(stored, 'latin1'));
}

function emailsOf({ email, emails }: Person): string[] {
  return [email, ...emails.map(({ address }) => address)].filter((each) => each !== '');
}
