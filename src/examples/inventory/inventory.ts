import {
  InventoryServiceService,
  type InventoryServiceServer,
} from 'personguide/gen/inventory/inventory';
import type { Rpc, RunningServer, Service } from 'personguide/server';
import { MAX_QUANTITY, outOfRange, refuseIfAny } from '../checks.js';
import { startWithLog, type ServeOptions } from '../serve.js';
import { openStock, type Stock } from './stock.js';

const MAX_TTL_SECONDS = 3_600;
const DEFAULT_TTL_SECONDS = 60;

/** Where the inventory is, and where it keeps its stock. */
export interface InventoryOptions extends ServeOptions {
  /** A database file, or `:memory:`. */
  readonly store: string;
}

/** Starts the inventory. Fails with a StartError that says why it cannot. */
export async function startInventory(options: InventoryOptions): Promise<RunningServer> {
  const stock = openStock(options.store);
  try {
    return await startWithLog({
      ...options,
      services: (rpc) => inventoryServices(rpc, stock),
      onStop: async () => {
        stock.close();
      },
    });
  } catch (error) {
    stock.close();
    throw error;
  }
}

/** The inventory on that stock; proto/inventory/inventory.proto says what each call means. */
function inventoryServices(rpc: Rpc, stock: Stock): Service[] {
  return [{ definition: InventoryServiceService, implementation: inventory(rpc, stock) }];
}

function inventory(rpc: Rpc, stock: Stock): InventoryServiceServer {
  return {
    getStock: rpc.unary(({ productId }) => {
      refuseIfAny(outOfRange('product_id', productId, 1));
      return stock.level(productId);
    }),

    restock: rpc.unary(({ productId, quantity }) => {
      refuseIfAny([
        ...outOfRange('product_id', productId, 1),
        ...outOfRange('quantity', quantity, 1, MAX_QUANTITY),
      ]);
      return stock.restock(productId, quantity);
    }),

    reserve: rpc.unary(({ orderId, productId, quantity, ttlSeconds }) => {
      refuseIfAny([
        ...unusableOrderId(orderId),
        ...outOfRange('product_id', productId, 1),
        ...outOfRange('quantity', quantity, 1, MAX_QUANTITY),
        ...outOfRange('ttl_seconds', ttlSeconds, 0, MAX_TTL_SECONDS),
      ]);
      const ttlMs = (ttlSeconds === 0 ? DEFAULT_TTL_SECONDS : ttlSeconds) * 1000;
      return stock.reserve({ orderId, productId, quantity }, ttlMs);
    }),

    commit: rpc.unary(async ({ orderId }) => {
      refuseIfAny(unusableOrderId(orderId));
      await stock.commit(orderId);
      return {};
    }),

    release: rpc.unary(async ({ orderId }) => {
      refuseIfAny(unusableOrderId(orderId));
      await stock.release(orderId);
      return {};
    }),
  } satisfies InventoryServiceServer;
}

function unusableOrderId(orderId: string): { field: string; description: string }[] {
  if (/^[\x21-\x7e]{1,64}$/.test(orderId)) return [];
  return [{ field: 'order_id', description: 'must be 1 to 64 visible ASCII characters' }];
}
