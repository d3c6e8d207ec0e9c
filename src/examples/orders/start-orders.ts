import { connect, openChannel } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { openLog, type RunningServer, type ServerAuth } from 'personguide/server';
import { startWithLog, type ServeOptions } from '../serve.js';
import { placeDemoOrder, type BackendAddresses } from './demo.js';
import { orderScopes, orderServices } from './order-service.js';
import { openOrderStore, type OrderStore } from './order-store.js';
import { createOrderWork } from './order-work.js';
import { startSweeper, type Sweeper } from './sweeper.js';

/** Where the order service listens, and the services that it calls, as HOST:PORT. */
export interface OrdersOptions extends ServeOptions, BackendAddresses {
  /** A database file, or `:memory:`. */
  readonly store: string;
  /** Place an order of customer 42 before the server listens. Default: false. */
  readonly demo?: boolean;
  /** Who may call the order service. Default: everyone on this machine. */
  readonly auth?: ServerAuth | undefined;
  /** The pause between two sweeps, in milliseconds. Default: 5,000. */
  readonly sweepPauseMs?: number;
}

/** Starts the order service. Rejects with a StartError that gives the reason if it cannot start. */
export async function startOrders(options: OrdersOptions): Promise<RunningServer> {
  const store = openOrderStore(options.store);
  try {
    return await startOn(store, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function startOn(store: OrderStore, options: OrdersOptions): Promise<RunningServer> {
  const log = openLog(options.logLevel ?? 'info');
  const directory = connect(options.directory, { token: options.directoryToken });
  const inventory = openChannel(options.inventory, { token: options.inventoryToken });
  const backends = {
    users: directory.users,
    inventory: inventory.client(InventoryServiceDefinition),
  };
  const work = createOrderWork(store, backends, log);
  let sweeper: Sweeper | undefined;
  const disconnect = async (): Promise<void> => {
    // Orders that wait for a backend stay PENDING until the sweep of the next start.
    directory.close();
    inventory.close();
    await sweeper?.stop();
    await work.idle();
  };
  try {
    if (options.demo === true) await placeDemoOrder(store, work);
    const onStop = (): Promise<void> => disconnect().then(store.close);
    const services = orderServices(store, work);
    const server = await startWithLog({ ...options, services, scopes: orderScopes, onStop }, log);
    sweeper = startSweeper(() => work.sweep(), options.sweepPauseMs ?? 5_000);
    return server;
  } catch (error) {
    await disconnect();
    throw error;
  }
}
