import { openChannel, type CallOptions } from 'personguide';
import { Response, UserRequest, UserServiceDefinition } from 'personguide/gen/grpcUser/user';
import { OrderServiceDefinition, OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError, service, type Call, type Handlers } from 'personguide/server';
import { deferred } from '../../test-support/deferred.js';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { startWithLog } from '../serve.js';
import { startInventory } from '../inventory/inventory.js';
import { PRODUCT, startOrderParts, VERIFIED } from './order-parts.test.support.js';
import { openOrderStore } from './order-store.js';
import { startOrders } from './start-orders.js';

const { ORDER_STATE_CANCELLED, ORDER_STATE_CONFIRMED } = OrderState;
const ORDER = { customerID: VERIFIED, productID: PRODUCT, quantity: 2 };
const QUIET = { listen: ['127.0.0.1:0'], logLevel: 'silent' };
/** No server listens on this reserved port. */
const NOWHERE = '127.0.0.1:1';

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

/** Starts a directory whose first FindUser ends only when its signal aborts. */
async function startSlowDirectory() {
  let calls = 0;
  const firstCall = deferred<Call>();
  const slow: Handlers<typeof UserServiceDefinition> = {
    addUser: () => Response.fromPartial({}),
    getUser: () => ({ users: [] }),
    findUser: async (_, call) => {
      calls += 1;
      if (calls > 1) return UserRequest.fromPartial({ id: VERIFIED, verified: true });
      firstCall.resolve(call);
      await aborted(call.signal);
      throw new DirectoryError('unavailable', 'too late');
    },
    listUsers: unused,
    updateUser: unused,
    deleteUser: unused,
  };
  const server = await startWithLog({
    ...QUIET,
    services: [service(UserServiceDefinition, slow)],
  });
  return { firstCall: firstCall.promise, server, address: server.addresses[0] ?? '' };
}

function unused(): never {
  throw new Error('the companion does not call this RPC');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

describe('an order that cannot be completed now', () => {
  it.each<[string, (abort: AbortController) => CallOptions, boolean]>([
    ['cancels', (abort) => ({ signal: abort.signal }), true],
    ['reaches its deadline', () => ({ timeoutMs: 300 }), false],
  ])(
    'is cancelled when its caller %s, and so is the call to the directory',
    async (_, options, cancels) => {
      const slow = await startSlowDirectory();
      const parts = await startOrderParts(10, { directory: slow.address });
      const watched = parts.orders.watchOrders({});
      const abort = new AbortController();
      const created = parts.orders.createOrder(ORDER, options(abort));
      created.catch(() => undefined);

      const atDirectory = await slow.firstCall;
      expect(atDirectory.deadlineMs - Date.now()).toBeLessThan(cancels ? 11_000 : 301);
      const leftMs = Date.now();
      if (cancels) abort.abort();
      await aborted(atDirectory.signal);
      expect(Date.now() - leftMs).toBeLessThan(1_000);

      await expect(created).rejects.toMatchObject({
        codeName: cancels ? 'CANCELLED' : 'DEADLINE_EXCEEDED',
      });
      for await (const { state, reason } of watched) {
        if (state !== ORDER_STATE_CANCELLED) continue;
        expect(reason).toBe('CALLER_LEFT');
        break;
      }
      await parts.stop();
      await slow.server.stop();
    },
  );

  it('continues for a second caller with the same idempotency key when the first one leaves', async () => {
    const slow = await startSlowDirectory();
    const store = folder.file('shared.db');
    const parts = await startOrderParts(10, { directory: slow.address, store });
    const metadata = { 'idempotency-key': 'a' };
    const abort = new AbortController();
    const first = parts.orders.createOrder(ORDER, { metadata, signal: abort.signal });
    first.catch(() => undefined);
    await slow.firstCall;
    const second = parts.orders.createOrder(ORDER, { metadata });
    const other = parts.orders.createOrder(ORDER);
    expect((await other).order).toMatchObject({ OrderID: 2, state: ORDER_STATE_CONFIRMED });

    abort.abort();
    expect((await second).order).toMatchObject({ OrderID: 1, state: ORDER_STATE_CONFIRMED });
    await expect(first).rejects.toMatchObject({ codeName: 'CANCELLED' });
    expect(await parts.stock.getStock({ productId: PRODUCT })).toEqual({
      available: 6,
      reserved: 0,
    });
    await parts.stop();
    await slow.server.stop();
    const orders = openOrderStore(store);
    expect(orders.get(1)).toMatchObject({ state: ORDER_STATE_CONFIRMED, releasePending: false });
    orders.close();
  });

  it.each([
    ['directory', 'DIRECTORY_UNAVAILABLE'],
    ['inventory', 'INVENTORY_UNAVAILABLE'],
  ])(
    'fails with UNAVAILABLE and a retry delay when the %s is down',
    async (part, reason) => {
      const parts = await startOrderParts(10, { [part]: NOWHERE });
      await expect(parts.orders.createOrder(ORDER)).rejects.toMatchObject({
        codeName: 'UNAVAILABLE',
        reason,
        retryDelayMs: 1_000,
      });
      const states = [ORDER_STATE_CANCELLED];
      const { orders } = await parts.orders.getOrders({ customerID: VERIFIED, states });
      expect(orders).toMatchObject([{ OrderID: 1, reason }]);
      await parts.stop();
    },
    20_000,
  );

  it('is retried by the client, and completes once the inventory is back', async () => {
    const parts = await startOrderParts(0);
    const [inventoryAddress = ''] = parts.inventory.addresses;
    await parts.inventory.stop();
    const channel = openChannel(parts.server.addresses[0] ?? '');
    const watched = parts.orders.watchOrders({});
    const created = channel.client(OrderServiceDefinition).createOrder(ORDER);
    created.catch(() => undefined);
    for await (const { state } of watched) if (state === ORDER_STATE_CANCELLED) break;

    const inventory = await startInventory({
      ...QUIET,
      listen: [inventoryAddress],
      store: ':memory:',
    });
    await parts.stock.restock({ productId: PRODUCT, quantity: 10 });
    const { order } = await created;
    expect(order).toMatchObject({ OrderID: 1, state: ORDER_STATE_CONFIRMED });
    channel.close();
    await parts.stop();
    await inventory.stop();
  }, 20_000);
});

describe('the orders that a crash left PENDING', () => {
  it('are completed at the next start, whichever step they had reached', async () => {
    const parts = await startOrderParts(10);
    const file = folder.file('crashed.db');
    const left = openOrderStore(file);
    const [stored, reserved, committed, cancelled] = await Promise.all(
      ['stored', 'reserved', 'committed', 'cancelled'].map((id) => left.create(ORDER, id)),
    );
    for (const order of [reserved, committed, cancelled]) {
      const { reservationId: orderId = '' } = order ?? {};
      await parts.stock.reserve({ orderId, productId: PRODUCT, quantity: ORDER.quantity });
    }
    await parts.stock.commit({ orderId: committed?.reservationId ?? '' });
    const decision = { state: ORDER_STATE_CANCELLED, reason: 'CALLER_LEFT', reasonText: '' };
    await left.decide(cancelled?.OrderID ?? 0, { ...decision, releasePending: true });
    left.close();

    const server = await startOrders({
      ...QUIET,
      store: file,
      directory: parts.directory.address,
      inventory: parts.inventory.addresses[0] ?? '',
    });
    const channel = openChannel(server.addresses[0] ?? '');
    const confirmed = new Set<number>();
    for await (const { OrderID, state } of channel.client(OrderServiceDefinition).watchOrders({})) {
      if (state === ORDER_STATE_CONFIRMED) confirmed.add(OrderID);
      if (confirmed.size === 3) break;
    }
    expect(confirmed).toEqual(
      new Set([stored, reserved, committed].map((order) => order?.OrderID)),
    );
    channel.close();
    // stop() waits for the pending release.
    await server.stop();
    expect(await parts.stock.getStock({ productId: PRODUCT })).toEqual({
      available: 4,
      reserved: 0,
    });
    await parts.stop();
  });
});
