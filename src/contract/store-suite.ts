import type { Store } from '../directory/store.js';
import { lifeCases } from './store-life-suite.js';
import { listCases } from './store-list-suite.js';
import { peopleCases } from './store-people-suite.js';
import { repeatCases } from './store-repeat-suite.js';
import { userCases } from './store-users-suite.js';
import { writeCases } from './store-writes-suite.js';

/** One place for data, empty at first, and a way to open stores on it. */
export interface StorePlace {
  /** Opens the store; after it was closed, the same data again if the engine is durable. */
  open(options?: { readonly now?: () => Date }): Promise<Store>;
  /** Takes away the data. The store is closed by then. */
  remove(): Promise<void>;
}

/** What the cases of the suite work with. */
export interface StoreCase {
  /** The open store of this case. */
  readonly store: () => Store;
  /** Closes the store and opens it again. */
  readonly reopen: (options?: { readonly now?: () => Date }) => Promise<Store>;
  /** Whether a store that was closed is opened with what it held. */
  readonly durable: boolean;
}

/** Holds a driver to the promises of directory/store.ts; each case gets a fresh place. */
export function storeSuite(name: string, durable: boolean, createPlace: () => Promise<StorePlace>) {
  describe(`Store contract: ${name}`, () => {
    let place: StorePlace | undefined;
    let store: Store | undefined;

    function current(): Store {
      if (store === undefined) throw new Error('the store of this case is not open');
      return store;
    }

    beforeEach(async () => {
      place = await createPlace();
      store = await place.open();
    });

    afterEach(async () => {
      await store?.close();
      await place?.remove();
      store = place = undefined;
    });

    const subject: StoreCase = {
      store: current,
      durable,
      reopen: async (options) => {
        await current().close();
        if (place === undefined) throw new Error('the place of this case is gone');
        return (store = await place.open(options));
      },
    };
    peopleCases(subject);
    listCases(subject);
    userCases(subject);
    writeCases(subject);
    repeatCases(subject);
    lifeCases(subject);
  });
}
