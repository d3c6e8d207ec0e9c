import { openChannel, type CallOptions } from 'personguide';
import { Response, UserRequest, UserServiceDefinition } from 'personguide/gen/grpcUser/user';
import { OrderServiceDefinition, OrderState } from 'personguide/gen/orders/orders';
import { DirectoryError, service, type Call, type Handlers } from 'personguide/server';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { startWithLog } from '../serve.js';
import { startInventory } from '../inventory/inventory.js';
import { PRODUCT, startOrderParts, VERIFIED } from './order-parts.test.support.js';
import { openOrderStore } from './order-store.js';
import { startOrders } from './start-orders.js';

const { ORDER_STATE_CANCELLED, ORDER_STATE_CONFIRMED } = OrderState;
const ORDER = { customerID: VERIFIED, productID: PRODUCT, quantity: 2 };
const QUIET = { listen: ['127.0.0.1:0'], logLevel: 'silent' };
/** Nothing listens there: the port is reserved. */
const NOWHERE = '127.0.0.1:1';

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

/** A directory whose first FindUser ends only when it is told that nobody waits. */
async function startSlowDirectory() {
  let calls = 0;
  let tellAsked: (call: Call) => void = () => undefined;
  const asked = new Promise<Call>((resolve) => (tellAsked = resolve));
  const slow: Handlers<typeof UserServiceDefinition> = {
    addUser: () => Response.fromPartial({}),
    getUser: () => ({ users: [] }),
    findUser: async (_, call) => {
      calls += 1;
      if (calls > 1) return UserRequest.fromPartial({ id: VERIFIED, verified: true });
      tellAsked(call);
      await aborted(call.signal);
      throw new DirectoryError('unavailable', 'too late');
    },
  };
  const server = await startWithLog({
    ...QUIET,
    services: [service(UserServiceDefinition, slow)],
  });
  return { asked, server, address: server.addresses[0] ?? '' };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

describe('an order that cannot be finished now', () => {
  it.each<[string, (abort: AbortController) => CallOptions, boolean]>([
    ['cancels', (abort) => ({ signal: abort.signal }), true],
    ['runs into the deadline', () => ({ timeoutMs: 300 }), false],
  ])('is cancelled when its caller %s, and the directory is told', async (_, options, cancels) => {
    const slow = await startSlowDirectory();
    const parts = await startOrderParts(10, { directory: slow.address });
    const watched = parts.orders.watchOrders({});
    const abort = new AbortController();
    const answer = parts.orders.createOrder(ORDER, options(abort));
    answer.catch(() => undefined);

    const atDirectory = await slow.asked;
    expect(atDirectory.deadlineMs - Date.now()).toBeLessThan(cancels ? 11_000 : 301);
    const leftMs = Date.now();
    if (cancels) abort.abort();
    await aborted(atDirectory.signal);
    expect(Date.now() - leftMs).toBeLessThan(1_000);

    await expect(answer).rejects.toMatchObject({
      codeName: cancels ? 'CANCELLED' : 'DEADLINE_EXCEEDED',
    });
    for await (const { state, reason } of watched) {
      if (state !== ORDER_STATE_CANCELLED) continue;
      expect(reason).toBe('CALLER_LEFT');
      break;
    }
    await parts.stop();
    await slow.server.stop();
  });

  it('goes on for a second caller with its idempotency key when the first one leaves', async () => {
    const slow = await startSlowDirectory();
    const store = folder.file('shared.db');
    const parts = await startOrderParts(10, { directory: slow.address, store });
    const metadata = { 'idempotency-key': 'a' };
    const abort = new AbortController();
    const first = parts.orders.createOrder(ORDER, { metadata, signal: abort.signal });
    first.catch(() => undefined);
    await slow.asked;
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
    const stored = openOrderStore(store);
    expect(stored.get(1)).toMatchObject({ state: ORDER_STATE_CONFIRMED, releaseOwed: false });
    stored.close();
  });

  it.each([
    ['directory', 'DIRECTORY_UNAVAILABLE'],
    ['inventory', 'INVENTORY_UNAVAILABLE'],
  ])(
    'asks to try again later when the %s is down',
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

  it('is tried again by a client of ours, and goes on once the inventory is back', async () => {
    const parts = await startOrderParts(0);
    const [inventoryAddress = ''] = parts.inventory.addresses;
    await parts.inventory.stop();
    const channel = openChannel(parts.server.addresses[0] ?? '');
    const watched = parts.orders.watchOrders({});
    const answer = channel.client(OrderServiceDefinition).createOrder(ORDER);
    answer.catch(() => undefined);
    for await (const { state } of watched) if (state === ORDER_STATE_CANCELLED) break;

    const inventory = await startInventory({
      ...QUIET,
      listen: [inventoryAddress],
      store: ':memory:',
    });
    await parts.stock.restock({ productId: PRODUCT, quantity: 10 });
    const { order } = await answer;
    expect(order).toMatchObject({ OrderID: 1, state: ORDER_STATE_CONFIRMED });
    channel.close();
    await parts.stop();
    await inventory.stop();
  }, 20_000);
});

describe('what a crash left behind', () => {
  it('is finished at the next start, from whichever step', async () => {
    const parts = await startOrderParts(10);
    const file = folder.file('crashed.db');
    const left = openOrderStore(file);
    const [asked, reserved, committed, given] = await Promise.all(
      ['asked', 'reserved', 'committed', 'given up'].map((id) => left.create(ORDER, id)),
    );
    for (const order of [reserved, committed, given]) {
      const { reservationId: orderId = '' } = order ?? {};
      await parts.stock.reserve({ orderId, productId: PRODUCT, quantity: ORDER.quantity });
    }
    await parts.stock.commit({ orderId: committed?.reservationId ?? '' });
    const decision = { state: ORDER_STATE_CANCELLED, reason: 'CALLER_LEFT', reasonText: '' };
    await left.decide(given?.OrderID ?? 0, { ...decision, releaseOwed: true });
    left.close();

    const server = await startOrders({
      ...QUIET,
      store: file,
      directory: parts.directory.address,
      inventory: parts.inventory.addresses[0] ?? '',
    });
    const channel = openChannel(server.addresses[0] ?? '');
    const ended = new Set<number>();
    for await (const { OrderID, state } of channel.client(OrderServiceDefinition).watchOrders({})) {
      if (state === ORDER_STATE_CONFIRMED) ended.add(OrderID);
      if (ended.size === 3) break;
    }
    expect(ended).toEqual(new Set([asked, reserved, committed].map((order) => order?.OrderID)));
    channel.close();
    // It waits for the release that is under way.
    await server.stop();
    expect(await parts.stock.getStock({ productId: PRODUCT })).toEqual({
      available: 4,
      reserved: 0,
    });
    await parts.stop();
  });
});
