import { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import {
  service,
  type RunningServer,
  type ServerAuth,
  type Service,
  type Violation,
} from 'personguide/server';
import { MAX_QUANTITY, outOfRange, throwIfAny } from '../checks.js';
import { startWithLog, type ServeOptions } from '../serve.js';
import { openStock, type Stock } from './stock.js';

const MAX_TTL_SECONDS = 3_600;
const DEFAULT_TTL_SECONDS = 60;

/** Where the inventory listens, and where it stores its stock. */
export interface InventoryOptions extends ServeOptions {
  /** A database file, or `:memory:`. */
  readonly store: string;
  /** Who may call the inventory. Default: everyone on this machine. */
  readonly auth?: ServerAuth | undefined;
}

/** The scope that each method needs, for a server with access control. */
const stockScopes = {
  '/inventory.InventoryService/GetStock': 'stock:read',
  '/inventory.InventoryService/Restock': 'stock:write',
  '/inventory.InventoryService/Reserve': 'stock:write',
  '/inventory.InventoryService/Commit': 'stock:write',
  '/inventory.InventoryService/Release': 'stock:write',
};

/** Starts the inventory. Rejects with a StartError that gives the reason if it cannot start. */
export async function startInventory(options: InventoryOptions): Promise<RunningServer> {
  const stock = openStock(options.store);
  try {
    return await startWithLog({
      ...options,
      services: [inventory(stock)],
      scopes: stockScopes,
      onStop: async () => {
        stock.close();
      },
    });
  } catch (error) {
    stock.close();
    throw error;
  }
}

/** Implements the inventory; proto/inventory/inventory.proto documents each call. */
function inventory(stock: Stock): Service {
  return service(InventoryServiceDefinition, {
    getStock: ({ productId }) => {
      throwIfAny(outOfRange('product_id', productId, 1));
      return stock.level(productId);
    },

    restock: ({ productId, quantity }) => {
      throwIfAny([
        ...outOfRange('product_id', productId, 1),
        ...outOfRange('quantity', quantity, 1, MAX_QUANTITY),
      ]);
      return stock.restock(productId, quantity);
    },

    reserve: ({ orderId, productId, quantity, ttlSeconds }) => {
      throwIfAny([
        ...orderIdViolations(orderId),
        ...outOfRange('product_id', productId, 1),
        ...outOfRange('quantity', quantity, 1, MAX_QUANTITY),
        ...outOfRange('ttl_seconds', ttlSeconds, 0, MAX_TTL_SECONDS),
      ]);
      const ttlMs = (ttlSeconds === 0 ? DEFAULT_TTL_SECONDS : ttlSeconds) * 1000;
      return stock.reserve({ orderId, productId, quantity }, ttlMs);
    },

    commit: async ({ orderId }) => {
      throwIfAny(orderIdViolations(orderId));
      await stock.commit(orderId);
      return {};
    },

    release: async ({ orderId }) => {
      throwIfAny(orderIdViolations(orderId));
      await stock.release(orderId);
      return {};
    },
  });
}

function orderIdViolations(orderId: string): Violation[] {
  if (/^[\x21-\x7e]{1,64}$/.test(orderId)) return [];
  return [{ field: 'order_id', description: 'must be 1 to 64 visible ASCII characters' }];
}
