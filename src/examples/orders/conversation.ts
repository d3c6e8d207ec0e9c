import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, openChannel, RpcError, type ServiceClient } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { OrderServiceDefinition, OrderState } from 'personguide/gen/orders/orders';
import { startChild, type ChildService } from '../child-service.js';

const PRODUCT_ID = 7;
const REQUEST_ID = 'shop-1';
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

type Print = (line: string) => void;

/** Starts the three processes, places orders, and prints the log lines of one order from each. */
export async function ordersConversation(print: Print): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'orders-'));
  const services: ChildService[] = [];
  const start = async (name: string, ...args: string[]): Promise<string> => {
    const store = join(folder, `${name}.db`);
    const service = await startChild(name, {
      args: ['--listen', '127.0.0.1:0', '--store', store, ...args],
    });
    services.push(service);
    return service.address;
  };
  try {
    const directory = await start('directory');
    const inventory = await start('inventory');
    const backends = ['--directory', directory, '--inventory', inventory];
    const orders = await start('orders', ...backends);
    print('started three processes: directory, inventory and orders');
    await converse(print, { directory, inventory, orders });
    await showTrace(print, services);
  } finally {
    for (const service of services.toReversed()) await service.stop();
    rmSync(folder, { recursive: true });
  }
}

async function converse(
  print: Print,
  addresses: Record<'directory' | 'inventory' | 'orders', string>,
): Promise<void> {
  await using directory = connect(addresses.directory);
  await using stockChannel = openChannel(addresses.inventory);
  await using orderChannel = openChannel(addresses.orders);
  const stock = stockChannel.client(InventoryServiceDefinition);
  const orders = orderChannel.client(OrderServiceDefinition);

  const verified = await directory.users.addUser({
    firstName: 'Vera',
    lastName: 'Fied',
    verified: true,
  });
  const unverified = await directory.users.addUser({ firstName: 'Una', lastName: 'Known' });
  const customerID = verified.user?.id ?? 0;
  const { available } = await stock.restock({ productId: PRODUCT_ID, quantity: 5 });
  print(`product ${PRODUCT_ID}: ${available} in stock`);

  const order = { customerID, productID: PRODUCT_ID };
  const traced = { metadata: { 'x-request-id': REQUEST_ID, traceparent: TRACEPARENT } };
  const keyed = { metadata: { 'idempotency-key': 'basket-1' } };
  print(await outcomeOf(orders.createOrder({ ...order, quantity: 2 }, traced)));
  print(await outcomeOf(orders.createOrder({ ...order, quantity: 1 }, keyed)));
  print(
    `with the same idempotency key: ${await outcomeOf(orders.createOrder({ ...order, quantity: 1 }, keyed))}`,
  );
  print(await outcomeOf(orders.createOrder({ ...order, quantity: 9 })));
  print(await outcomeOf(orders.createOrder({ ...order, customerID: 999, quantity: 1 })));
  const ofUnverified = { ...order, customerID: unverified.user?.id ?? 0, quantity: 1 };
  print(await outcomeOf(orders.createOrder(ofUnverified)));

  const listed = await orders.getOrders({ customerID });
  const lines = listed.orders.map(({ OrderID, Quantity }) => `order ${OrderID} of ${Quantity}`);
  print(`GetOrders: ${lines.join(', ')}`);
  const left = await stock.getStock({ productId: PRODUCT_ID });
  print(`product ${PRODUCT_ID}: ${left.available} in stock, ${left.reserved} reserved`);
}

type OrderResponse = ReturnType<ServiceClient<typeof OrderServiceDefinition>['createOrder']>;

async function outcomeOf(response: OrderResponse): Promise<string> {
  try {
    const { status, order } = await response;
    const state = OrderState[order?.state ?? 0];
    return `CreateOrder ${status}: order ${order?.OrderID ?? 0}, ${state ?? ''}`;
  } catch (error) {
    if (error instanceof RpcError) return `${error.message} [${error.reason ?? ''}]`;
    throw error;
  }
}

async function showTrace(print: Print, services: readonly ChildService[]): Promise<void> {
  print(`log lines of request ${REQUEST_ID}:`);
  for (const service of services) {
    const line = await service.waitForLine(({ requestId }) => requestId === REQUEST_ID);
    print(`  ${service.name}: ${line.method ?? ''} ${line.status ?? ''} ${line.traceparent ?? ''}`);
  }
}
