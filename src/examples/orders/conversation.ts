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

type Say = (line: string) => void;

/** Orders from a system of three processes of its own, and follows one order through their logs. */
export async function ordersConversation(say: Say): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'orders-'));
  const parts: ChildService[] = [];
  const start = async (name: string, ...args: string[]): Promise<string> => {
    const store = join(folder, `${name}.db`);
    const part = await startChild(name, {
      args: ['--listen', '127.0.0.1:0', '--store', store, ...args],
    });
    parts.push(part);
    return part.address;
  };
  try {
    const directory = await start('directory');
    const inventory = await start('inventory');
    const needed = ['--directory', directory, '--inventory', inventory];
    const orders = await start('orders', ...needed);
    say('three processes: the directory, the inventory and the orders');
    await converse(say, { directory, inventory, orders });
    await showTrace(say, parts);
  } finally {
    for (const part of parts.toReversed()) await part.stop();
    rmSync(folder, { recursive: true });
  }
}

async function converse(
  say: Say,
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
  say(`product ${PRODUCT_ID}: ${available} in stock`);

  const order = { customerID, productID: PRODUCT_ID };
  const traced = { metadata: { 'x-request-id': REQUEST_ID, traceparent: TRACEPARENT } };
  const keyed = { metadata: { 'idempotency-key': 'basket-1' } };
  say(await outcomeOf(orders.createOrder({ ...order, quantity: 2 }, traced)));
  say(await outcomeOf(orders.createOrder({ ...order, quantity: 1 }, keyed)));
  say(`the same again: ${await outcomeOf(orders.createOrder({ ...order, quantity: 1 }, keyed))}`);
  say(await outcomeOf(orders.createOrder({ ...order, quantity: 9 })));
  say(await outcomeOf(orders.createOrder({ ...order, customerID: 999, quantity: 1 })));
  const ofUnverified = { ...order, customerID: unverified.user?.id ?? 0, quantity: 1 };
  say(await outcomeOf(orders.createOrder(ofUnverified)));

  const listed = await orders.getOrders({ customerID });
  const lines = listed.orders.map(({ OrderID, Quantity }) => `order ${OrderID} of ${Quantity}`);
  say(`GetOrders: ${lines.join(', ')}`);
  const left = await stock.getStock({ productId: PRODUCT_ID });
  say(`product ${PRODUCT_ID}: ${left.available} in stock, ${left.reserved} reserved`);
}

type Answer = ReturnType<ServiceClient<typeof OrderServiceDefinition>['createOrder']>;

async function outcomeOf(answer: Answer): Promise<string> {
  try {
    const { status, order } = await answer;
    const state = OrderState[order?.state ?? 0];
    return `CreateOrder ${status}: order ${order?.OrderID ?? 0}, ${state ?? ''}`;
  } catch (error) {
    if (error instanceof RpcError) return `${error.message} [${error.reason ?? ''}]`;
    throw error;
  }
}

async function showTrace(say: Say, parts: readonly ChildService[]): Promise<void> {
  say(`request ${REQUEST_ID} in the log of`);
  for (const part of parts) {
    const line = await part.logged(({ requestId }) => requestId === REQUEST_ID);
    say(`  ${part.name}: ${line.method ?? ''} ${line.status ?? ''} ${line.traceparent ?? ''}`);
  }
}
