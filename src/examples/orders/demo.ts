import { connect, openChannel, RpcError, type Directory, type ServiceClient } from 'personguide';
import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import type { OrderStore } from './order-store.js';
import type { OrderWork } from './order-work.js';

/** The order tutorial's client orders for customer 24 and lists the orders of customer 42. */
const LAST_CUSTOMER_ID = 42;
/** Its client orders product 3123; every order of its server is for product 1. */
const PRODUCT_IDS = [1, 3123];
/** The stock of each product, in units. */
const STOCK_UNITS = 1_000_000;

/** Listed by the tutorial's client; its server always lists orders of 10 units of product 1. */
const DEMO_ORDER = { customerID: LAST_CUSTOMER_ID, productID: 1, quantity: 10 };
const DEMO_REQUEST_ID = 'demo';
const DEMO_KEY = 'demo-order-of-customer-42';

/** The addresses of the services that orders depend on. */
export interface BackendAddresses {
  readonly directory: string;
  readonly inventory: string;
  /** The order service's own tokens for them, if they have access control. */
  readonly directoryToken?: string | undefined;
  readonly inventoryToken?: string | undefined;
}

/**
 * Adds what the client of the order tutorial expects: verified users up to id 42, and stock of the
 * products 1 and 3123. Users that exist stay as they are; stock is filled up.
 */
export async function addDemoData(addresses: BackendAddresses): Promise<void> {
  await using directory = connect(addresses.directory, { token: addresses.directoryToken });
  await using inventory = openChannel(addresses.inventory, { token: addresses.inventoryToken });
  await addCustomers(directory.users);
  await fillStock(inventory.client(InventoryServiceDefinition));
}

/** Places an order of customer 42, unless the store has it already. */
export async function placeDemoOrder(store: OrderStore, work: OrderWork): Promise<void> {
  await store.create(DEMO_ORDER, DEMO_REQUEST_ID, DEMO_KEY);
  await work.sweep();
}

async function addCustomers(users: Directory['users']): Promise<void> {
  if (await isUser(users, LAST_CUSTOMER_ID)) return;
  let lastId = 0;
  while (lastId < LAST_CUSTOMER_ID) {
    const added = await users.addUser({ firstName: 'Demo', lastName: 'Customer', verified: true });
    lastId = added.user?.id ?? LAST_CUSTOMER_ID;
  }
}

async function isUser(users: Directory['users'], id: number): Promise<boolean> {
  try {
    await users.findUser({ key: { $case: 'id', value: id } });
    return true;
  } catch (error) {
    if (error instanceof RpcError && error.codeName === 'NOT_FOUND') return false;
    throw error;
  }
}

async function fillStock(
  inventory: ServiceClient<typeof InventoryServiceDefinition>,
): Promise<void> {
  for (const productId of PRODUCT_IDS) {
    const { available } = await inventory.getStock({ productId });
    const quantity = STOCK_UNITS - available;
    if (quantity > 0) await inventory.restock({ productId, quantity });
  }
}
