import { openChannel, RpcError } from 'personguide';
import { OrderServiceDefinition, OrderState } from 'personguide/gen/orders/orders';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { startChild, type ChildService } from '../child-service.js';
import { PRODUCT, startOrderParts, VERIFIED, type OrderParts } from './order-parts.test.support.js';

const ORDERS = 1_000;
const ITEMS = 300;
const ORDER = { customerID: VERIFIED, productID: PRODUCT, quantity: 1 };

/** Counts the calls that succeeded, those that failed because of the stock, and all others. */
async function outcomesOf(calls: readonly Promise<unknown>[]) {
  const counts = { confirmed: 0, outOfStock: 0, other: 0 };
  for (const outcome of await Promise.allSettled(calls)) {
    if (outcome.status === 'fulfilled') counts.confirmed += 1;
    else if (isOutOfStock(outcome.reason)) counts.outOfStock += 1;
    else counts.other += 1;
  }
  return counts;
}

function isOutOfStock(error: unknown): boolean {
  return error instanceof RpcError && error.reason === 'OUT_OF_STOCK';
}

async function confirmedOrders(address: string): Promise<number> {
  const channel = openChannel(address);
  const service = channel.client(OrderServiceDefinition);
  const states = [OrderState.ORDER_STATE_CONFIRMED];
  const { orders } = await service.getOrders({ customerID: VERIFIED, states });
  channel.close();
  return orders.length;
}

describe('a thousand concurrent orders for 300 items', () => {
  it('are confirmed for exactly 300, and leave no stock and no reservation', async () => {
    const parts = await startOrderParts(ITEMS);
    const calls = Array.from({ length: ORDERS }, () => parts.orders.createOrder(ORDER));
    const outcomes = await outcomesOf(calls);
    expect(outcomes).toEqual({ confirmed: ITEMS, outOfStock: ORDERS - ITEMS, other: 0 });
    expect(await confirmedOrders(parts.server.addresses[0] ?? '')).toBe(ITEMS);
    expect(await parts.stock.getStock({ productId: PRODUCT })).toEqual({
      available: 0,
      reserved: 0,
    });
    await parts.stop();
  }, 30_000);

  it('have the same outcome if the order service is killed midway and started again', async () => {
    using folder = temporaryFolder();
    const parts = await startOrderParts(ITEMS);
    const killed = await startOrdersProcess(parts, folder, '127.0.0.1:0');
    const channel = openChannel(killed.address, { retry: false });
    const service = channel.client(OrderServiceDefinition);

    let settled = 0;
    const firstCalls = Array.from({ length: ORDERS }, (_, n) =>
      service.createOrder(ORDER, keyed(n)).finally(() => (settled += 1)),
    );
    // At the first response, most calls are still active.
    await Promise.race(firstCalls).catch(() => undefined);
    await killed.kill();
    const { other } = await outcomesOf(firstCalls);
    expect(other).toBeGreaterThan(0);
    expect(settled).toBe(ORDERS);

    const restarted = await startOrdersProcess(parts, folder, killed.address);
    await channel.waitForReady();
    const outcomes = await outcomesOf(
      firstCalls.map((_, n) => service.createOrder(ORDER, keyed(n))),
    );
    expect(outcomes).toEqual({ confirmed: ITEMS, outOfStock: ORDERS - ITEMS, other: 0 });
    expect(await confirmedOrders(restarted.address)).toBe(ITEMS);
    expect(await parts.stock.getStock({ productId: PRODUCT })).toEqual({
      available: 0,
      reserved: 0,
    });

    channel.close();
    await restarted.stop();
    await parts.stop();
  }, 60_000);
});

function keyed(n: number) {
  return { metadata: { 'idempotency-key': `order-${n}` }, timeoutMs: 30_000 };
}

function startOrdersProcess(
  parts: OrderParts,
  folder: Folder,
  listen: string,
): Promise<ChildService> {
  const inventory = parts.inventory.addresses[0] ?? '';
  const { address: directory } = parts.directory;
  return startChild('orders', {
    args: [
      ...['--listen', listen, '--store', folder.file('orders.db')],
      ...['--directory', directory, '--inventory', inventory],
    ],
  });
}
