import type { BackupStore } from './backup.js';
import type { Store } from './store.js';

/** Whether a member of a store is one operation that ends with a promise. */
const KINDS = {
  ...{ findPeople: true, listPeople: true, recordPeople: true, hasPeople: true },
  ...{ changePerson: true, purgeDeleted: true, lookUpPeople: true, queryPeople: true },
  ...{ findMatches: true, countPeople: true, currentPosition: true, readChanges: true },
  ...{ importPeople: true, findImport: true, listImportFaults: true },
  ...{ addUser: true, changeUser: true, findUser: true, listUsers: true },
  ...{ findResult: true, addKey: true, findKey: true, listKeys: true, revokeKey: true },
  ...{ importAll: true, check: true },
  // Streams and listeners, and what is not an operation.
  ...{ exportAll: false, backup: false, onChange: false, defaultCountry: false },
  ...{ statistics: false, close: false },
} as const satisfies Readonly<Record<keyof (Store & BackupStore), boolean>>;

/** The name of an operation of a store, such as `findPeople`. */
export type StoreOperation = {
  [Name in keyof typeof KINDS]: (typeof KINDS)[Name] extends true ? Name : never;
}[keyof typeof KINDS];

/** Runs an operation: calls `work` once, and settles as that does. */
export type AroundOperation = <T>(operation: StoreOperation, work: () => Promise<T>) => Promise<T>;

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

/** The same store, whose operations run within `around`. */
export function observeStore(store: Store, around: AroundOperation): Store {
  const all = store as unknown as Readonly<Record<string, unknown>>;
  const names = Object.keys(KINDS) as (keyof typeof KINDS)[];
  const observed = names
    .filter((name) => all[name] !== undefined)
    .map((name) => {
      const member = all[name];
      if (typeof member !== 'function') return [name, member];
      const operation = member.bind(store) as Operation;
      if (!KINDS[name]) return [name, operation];
      return [
        name,
        (...args: readonly unknown[]) => around(name as StoreOperation, () => operation(...args)),
      ];
    });
  return Object.fromEntries(observed) as Store;
}
