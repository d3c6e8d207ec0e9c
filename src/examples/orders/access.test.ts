import { openChannel } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { OrderServiceDefinition, OrderState } from 'personguide/gen/orders/orders';
import { addKey, openStore, startDirectory, type Store } from 'personguide/server';
import { failure } from '../../test-support/outcome.js';
import { connect } from '../../index.js';
import { directoryScopes } from '../../server/auth/directory-scopes.js';
import { memoryLog } from '../../server/auth/calls.test.support.js';
import { directoryServices } from '../../server/run.js';
import { startServer } from '../../server/start.js';
import { startInventory } from '../inventory/inventory.js';
import { startOrders } from './start-orders.js';

const QUIET = { listen: ['127.0.0.1:0'], logLevel: 'silent', store: ':memory:' };
const SCOPES = ['users:read', 'users:write', 'stock:read', 'stock:write', 'orders:write'];

async function keyOf(store: Store, name: string, ...scopes: string[]) {
  const request = { name, scopes, expiresAtMs: undefined };
  return addKey(store, request, new Date(), { knownScopes: SCOPES });
}

it('calls the other services with its own identity, and names its caller', async () => {
  const store = await openStore(':memory:');
  const auth = { kind: 'keys', store } as const;
  const user = await keyOf(store, 'vera', 'orders:write');
  const service = await keyOf(store, 'orders', 'users:read', 'stock:write');
  const operator = await keyOf(store, 'operator', 'users:write', 'stock:write');

  const seen: unknown[] = [];
  const directory = await startServer({
    listen: ['127.0.0.1:0'],
    log: memoryLog().log,
    shutdownGraceMs: 0,
    services: directoryServices(store),
    scopes: directoryScopes,
    auth,
    middleware: [
      ({ method, principal, headers }, next) => {
        seen.push([method, principal?.name, headers['x-on-behalf-of'], headers['authorization']]);
        next();
      },
    ],
  });
  const inventory = await startInventory({ ...QUIET, auth });
  const addresses = {
    directory: directory.addresses[0] ?? '',
    inventory: inventory.addresses[0] ?? '',
  };
  const tokens = { directoryToken: service.text, inventoryToken: service.text };
  const orders = await startOrders({ ...QUIET, ...addresses, ...tokens, auth });

  const token = operator.text;
  await using people = connect(addresses.directory, { token });
  const added = await people.users.addUser({ firstName: 'Vera', verified: true });
  await using stock = openChannel(addresses.inventory, { token });
  await stock.client(InventoryServiceDefinition).restock({ productId: 7, quantity: 5 });

  const order = { customerID: added.user?.id ?? 0, productID: 7, quantity: 2 };
  await using channel = openChannel(orders.addresses[0] ?? '', { token: user.text });
  const created = await channel.client(OrderServiceDefinition).createOrder(order);
  expect(created.order?.state).toBe(OrderState.ORDER_STATE_CONFIRMED);
  expect(seen.at(-1)).toEqual([
    '/grpcUser.UserService/FindUser',
    'orders',
    [`key:${user.row.id}`],
    [`Bearer ${service.text}`],
  ]);

  await using stranger = openChannel(orders.addresses[0] ?? '');
  expect(await failure(stranger.client(OrderServiceDefinition).createOrder(order))).toMatchObject({
    codeName: 'UNAUTHENTICATED',
  });
  for (const part of [orders, inventory, directory]) await part.stop();
  await store.close();
});

it('cannot decide orders without a token of its own', async () => {
  const directory = await startDirectory({
    ...QUIET,
    logLevel: 'silent',
    shutdownGraceMs: 0,
    auth: { kind: 'keys' },
  });
  const inventory = await startInventory(QUIET);
  const orders = await startOrders({
    ...QUIET,
    directory: directory.addresses[0] ?? '',
    inventory: inventory.addresses[0] ?? '',
  });
  await using channel = openChannel(orders.addresses[0] ?? '', { retry: false });
  const order = { customerID: 1, productID: 7, quantity: 2 };
  expect(await failure(channel.client(OrderServiceDefinition).createOrder(order))).toMatchObject({
    codeName: 'UNAVAILABLE',
  });
  for (const part of [orders, inventory, directory]) await part.stop();
});
