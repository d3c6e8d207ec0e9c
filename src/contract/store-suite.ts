import type { Store } from '../directory/store.js';
import { counterCases } from './store-counters-suite.js';
import { idempotencyCases } from './store-idempotency-suite.js';
import { keyCases } from './store-keys-suite.js';
import { lifecycleCases } from './store-lifecycle-suite.js';
import { listCases } from './store-list-suite.js';
import { peopleCases } from './store-people-suite.js';
import { signalCases } from './store-signal-suite.js';
import { transferCases } from './store-transfer-suite.js';
import { userCases } from './store-users-suite.js';
import { writeCases } from './store-writes-suite.js';

/** A place for the data of one case, empty at first. */
export interface StorePlace {
  /** Opens a store on it; after a close, with the same data if the engine is durable. */
  open(options?: { readonly now?: () => Date }): Promise<Store>;
  /** Removes the data. The store is closed by then. */
  remove(): Promise<void>;
}

/** What the cases of the suite use. */
export interface StoreCase {
  /** The open store of this case. */
  readonly store: () => Store;
  /** Closes the store and opens it again. */
  readonly reopen: (options?: { readonly now?: () => Date }) => Promise<Store>;
  /** Whether a store keeps its data when it is closed. */
  readonly durable: boolean;
}

/** Tests a driver against the contract in directory/store.ts; each case gets a fresh place. */
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
        if (place === undefined) throw new Error('the place of this case was removed');
        return (store = await place.open(options));
      },
    };
    peopleCases(subject);
    listCases(subject);
    userCases(subject);
    writeCases(subject);
    counterCases(subject);
    idempotencyCases(subject);
    keyCases(subject);
    signalCases(subject);
    transferCases(subject);
    lifecycleCases(subject);
  });
}
