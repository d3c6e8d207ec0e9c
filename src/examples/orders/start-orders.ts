import { connect, openChannel } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { openLog, type RunningServer } from 'personguide/server';
import { startWithLog, type ServeOptions } from '../serve.js';
import { orderServices } from './order-service.js';
import { openOrderStore, type OrderStore } from './order-store.js';
import { createOrderWork } from './order-work.js';
import { startSweeper } from './sweeper.js';

/** Where the order service is, and what it needs. */
export interface OrdersOptions extends ServeOptions {
  /** A database file, or `:memory:`. */
  readonly store: string;
  /** HOST:PORT of the directory. */
  readonly directory: string;
  /** HOST:PORT of the inventory. */
  readonly inventory: string;
  /** How long after a sweep the next one begins, in milliseconds. Default: 5,000. */
  readonly sweepPauseMs?: number;
}

/** Starts the order service. Fails with a StartError that says why it cannot. */
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
  const directory = connect(options.directory);
  const inventory = openChannel(options.inventory);
  const needed = {
    users: directory.users,
    inventory: inventory.client(InventoryServiceDefinition),
  };
  const work = createOrderWork(store, needed, log);
  const server = await startWithLog(
    {
      ...options,
      services: orderServices(store, work),
      async onStop() {
        // Whatever still waits for others is left to the sweep of the next start.
        directory.close();
        inventory.close();
        await sweeper.stop();
        await work.idle();
        store.close();
      },
    },
    log,
  );
  const sweeper = startSweeper(() => work.sweep(), options.sweepPauseMs ?? 5_000);
  return server;
}
