import { status, type ServiceError } from '@grpc/grpc-js';
import { OrderState } from 'personguide/gen/orders/orders';
import { rejectionOf } from '../../test-support/outcome.js';
import { callUnary } from '../../test-support/public-client.js';
import { detailsOf } from '../../test-support/raw-call.js';
import {
  PRODUCT,
  startOrderParts,
  UNVERIFIED,
  VERIFIED,
  type OrderParts,
} from './order-parts.test.support.js';
import { PUBLIC_NAMES, publicOrderClient } from './public-orders.test.support.js';

const { ORDER_STATE_CONFIRMED, ORDER_STATE_PENDING, ORDER_STATE_REJECTED } = OrderState;

describe('the order service', () => {
  let parts: OrderParts;
  beforeEach(async () => {
    parts = await startOrderParts(10);
  });
  afterEach(() => parts.stop());

  const order = (quantity: number, customerID = VERIFIED) => ({
    customerID,
    productID: PRODUCT,
    quantity,
  });
  const stockLevel = () => parts.stock.getStock({ productId: PRODUCT });

  it.each(PUBLIC_NAMES)('serves clients of the public contract as %s', async (service) => {
    const address = parts.server.addresses[0] ?? '';
    const client = publicOrderClient(service, address);
    expect(await callUnary(client, 'CreateOrder', order(2))).toEqual({ status: 'success' });
    const error = await rejectionOf(callUnary(client, 'CreateOrder', order(11)));
    expect(error).toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(detailsOf(error as ServiceError)).toMatchObject({
      reason: 'OUT_OF_STOCK',
      domain: service,
    });
    expect(await callUnary(client, 'GetOrders', { customerID: VERIFIED })).toEqual({
      orders: [{ OrderID: 1, CustomerID: VERIFIED, ProductID: PRODUCT, Quantity: 2 }],
    });
    client.close();
  });

  it('confirms an order and takes its stock', async () => {
    const { status, order: created } = await parts.orders.createOrder(order(4));
    expect(status).toBe('success');
    expect(created).toMatchObject({ OrderID: 1, Quantity: 4, state: ORDER_STATE_CONFIRMED });
    expect(await stockLevel()).toEqual({ available: 6, reserved: 0 });
  });

  it('rejects a request with all of its invalid fields', async () => {
    const empty = parts.orders.createOrder({});
    await expect(empty).rejects.toMatchObject({ codeName: 'INVALID_ARGUMENT' });
    await expect(empty).rejects.toMatchObject({
      violations: [{ field: 'customerID' }, { field: 'productID' }, { field: 'quantity' }],
    });
  });

  it.each([
    ['who is unknown', 99, 'CUSTOMER_UNKNOWN'],
    ['who is not verified', UNVERIFIED, 'CUSTOMER_UNVERIFIED'],
  ])('rejects the order of a customer %s', async (_, customerID, reason) => {
    await expect(parts.orders.createOrder(order(1, customerID))).rejects.toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason,
    });
    expect(await stockLevel()).toEqual({ available: 10, reserved: 0 });
    const rejected = await parts.orders.getOrders({ customerID, states: [ORDER_STATE_REJECTED] });
    expect(rejected.orders).toMatchObject([{ OrderID: 1, reason }]);
  });

  it('rejects an order that exceeds the stock, and returns how many are left', async () => {
    await expect(parts.orders.createOrder(order(11))).rejects.toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'OUT_OF_STOCK',
      details: 'order 1 is rejected: product 7 has 10 left, but 11 were requested',
    });
  });

  it('returns the same order for the same idempotency key, whether confirmed or rejected', async () => {
    const key = (value: string) => ({ metadata: { 'idempotency-key': value } });
    const retries = Array.from({ length: 5 }, () => parts.orders.createOrder(order(3), key('a')));
    for (const { order: same } of await Promise.all(retries)) expect(same?.OrderID).toBe(1);
    expect(await stockLevel()).toEqual({ available: 7, reserved: 0 });

    const short = { codeName: 'FAILED_PRECONDITION', reason: 'OUT_OF_STOCK' };
    await expect(parts.orders.createOrder(order(8), key('b'))).rejects.toMatchObject(short);
    await parts.stock.restock({ productId: PRODUCT, quantity: 10 });
    await expect(parts.orders.createOrder(order(8), key('b'))).rejects.toMatchObject(short);

    await expect(parts.orders.createOrder(order(4), key('a'))).rejects.toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  /** The ids of all orders of a customer, read in pages of two. */
  async function idsInPages(customerID: number) {
    const ids: number[] = [];
    let afterId = 0;
    do {
      const page = await parts.orders.getOrders({ customerID, pageSize: 2, afterId });
      expect(page.orders.length).toBeLessThanOrEqual(2);
      ids.push(...page.orders.map(({ OrderID }) => OrderID));
      afterId = page.nextAfterId;
    } while (afterId > 0);
    return ids;
  }

  it.each([
    ['with a space', 'two words'],
    ['that is empty', ''],
    ['of 129 characters', 'x'.repeat(129)],
  ])(
    'rejects an idempotency key %s with the name of the header, and creates no order',
    async (_, key) => {
      const created = parts.orders.createOrder(order(1), { metadata: { 'idempotency-key': key } });
      await expect(created).rejects.toMatchObject({
        codeName: 'INVALID_ARGUMENT',
        reason: 'INVALID_FIELDS',
        violations: [
          { field: 'idempotency-key', description: 'must be 1 to 128 visible ASCII characters' },
        ],
      });
      const states = [ORDER_STATE_PENDING, ORDER_STATE_CONFIRMED, ORDER_STATE_REJECTED];
      expect(await parts.orders.getOrders({ states })).toEqual({ orders: [], nextAfterId: 0 });
    },
  );

  it('lists orders in pages', async () => {
    for (let n = 0; n < 5; n += 1) await parts.orders.createOrder(order(1));
    expect(await idsInPages(VERIFIED)).toEqual([1, 2, 3, 4, 5]);
  });

  it('lists the orders of all customers for customer 0 or none, also in pages', async () => {
    const { user } = await parts.directory.directory.users.addUser({
      firstName: 'Otto',
      verified: true,
    });
    const other = user?.id ?? 0;
    for (const customerID of [VERIFIED, other, VERIFIED, other, other]) {
      await parts.orders.createOrder(order(1, customerID));
    }
    expect(await idsInPages(0)).toEqual([1, 2, 3, 4, 5]);
    expect(await idsInPages(other)).toEqual([2, 4, 5]);
    const { orders, nextAfterId } = await parts.orders.getOrders({});
    expect(orders.map(({ OrderID }) => OrderID)).toEqual([1, 2, 3, 4, 5]);
    expect(nextAfterId).toBe(0);
    await expect(parts.orders.getOrders({ customerID: -1 })).rejects.toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      violations: [{ field: 'customerID', description: 'must be at least 0' }],
    });
  });

  it('streams each order to a watcher, and then each of its changes', async () => {
    await parts.orders.createOrder(order(1));
    const watched = parts.orders.watchOrders({ customerId: VERIFIED });
    const first = await watched.next();
    expect(first.value).toMatchObject({ OrderID: 1, state: ORDER_STATE_CONFIRMED });
    await Promise.allSettled([
      parts.orders.createOrder(order(1, UNVERIFIED)),
      parts.orders.createOrder(order(1)),
    ]);
    const states: OrderState[] = [];
    for await (const { CustomerID, state } of watched) {
      expect(CustomerID).toBe(VERIFIED);
      states.push(state);
      if (state === ORDER_STATE_CONFIRMED) break;
    }
    expect(states).toEqual([ORDER_STATE_PENDING, ORDER_STATE_CONFIRMED]);
  });
});
