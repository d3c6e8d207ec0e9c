import type { Commit, Store } from '../directory/store.js';
import { changeCases } from './store-changes-suite.js';
import { counterCases } from './store-counters-suite.js';
import { feedCases } from './store-feed-suite.js';
import { importCases } from './store-import-suite.js';
import { idempotencyCases } from './store-idempotency-suite.js';
import { keyCases } from './store-keys-suite.js';
import { lifecycleCases } from './store-lifecycle-suite.js';
import { listCases } from './store-list-suite.js';
import { lookUpCases } from './store-lookup-suite.js';
import { peopleCases } from './store-people-suite.js';
import { queryCases } from './store-query-suite.js';
import { searchCases } from './store-search-suite.js';
import { signalCases } from './store-signal-suite.js';
import { fullTransferCases, transferCases } from './store-transfer-suite.js';
import { userChangeCases } from './store-user-changes-suite.js';
import { userCases } from './store-users-suite.js';
import { writeCases } from './store-writes-suite.js';

/** How a case opens its store. */
export interface StoreCaseOptions {
  readonly now?: () => Date;
  readonly defaultCountry?: string;
  readonly onCommit?: (commit: Commit) => void;
}

/** A place for the data of one case, empty at first. */
export interface StorePlace {
  /** Opens a store on it; after a close, with the same data if the engine is durable. */
  open(options?: StoreCaseOptions): Promise<Store>;
  /** Removes the data. The store is closed by then. */
  remove(): Promise<void>;
}

/** What the cases of the suite use. */
export interface StoreCase {
  /** The open store of this case. */
  readonly store: () => Store;
  /** Closes the store and opens it again. */
  readonly reopen: (options?: StoreCaseOptions) => Promise<Store>;
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
        store = await place.open(options);
        return current();
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
    changeCases(subject);
    lookUpCases(subject);
    queryCases(subject);
    feedCases(subject);
    importCases(subject);
    userChangeCases(subject);
    fullTransferCases(subject);
    searchCases(subject);
  });
}
