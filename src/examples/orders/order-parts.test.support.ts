import { openChannel, type ClientChannel, type ServiceClient } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { OrderServiceDefinition } from 'personguide/gen/orders/orders';
import type { RunningServer } from 'personguide/server';
import { startTestDirectory, type TestDirectory } from 'personguide/testing';
import { startInventory } from '../inventory/inventory.js';
import { startOrders, type OrdersOptions } from './start-orders.js';

/** The ids of the two users of the directory. */
export const VERIFIED = 1;
export const UNVERIFIED = 2;
export const PRODUCT = 7;

/** The three services, running in this process, and their clients. */
export interface OrderParts {
  readonly directory: TestDirectory;
  readonly inventory: RunningServer;
  readonly server: RunningServer;
  readonly channel: ClientChannel;
  readonly orders: ServiceClient<typeof OrderServiceDefinition>;
  readonly stock: ServiceClient<typeof InventoryServiceDefinition>;
  stop(): Promise<void>;
}

/** Starts the services with `quantity` units in stock. `options` replace those of the order service. */
export async function startOrderParts(
  quantity: number,
  options: Partial<OrdersOptions> = {},
): Promise<OrderParts> {
  const quiet = { listen: ['127.0.0.1:0'], store: ':memory:', logLevel: 'silent' };
  const directory = await startTestDirectory({
    users: [
      { firstName: 'Vera', lastName: 'Fied', verified: true },
      { firstName: 'Una', lastName: 'Known' },
    ],
  });
  const inventory = await startInventory(quiet);
  const inventoryAddress = inventory.addresses[0] ?? '';
  const server = await startOrders({
    ...quiet,
    directory: directory.address,
    inventory: inventoryAddress,
    ...options,
  });
  const channel = openChannel(server.addresses[0] ?? '', { retry: false });
  const stockChannel = openChannel(inventoryAddress);
  const stock = stockChannel.client(InventoryServiceDefinition);
  if (quantity > 0) await stock.restock({ productId: PRODUCT, quantity });
  return {
    ...{ directory, inventory, server, channel, stock },
    orders: channel.client(OrderServiceDefinition),
    async stop() {
      channel.close();
      stockChannel.close();
      for (const part of [server, inventory, directory]) await part.stop();
    },
  };
}
