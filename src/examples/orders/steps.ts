import { RpcError, type CallOptions, type Directory, type ServiceClient } from 'personguide';
import type { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { DirectoryError } from 'personguide/server';
import type { StoredOrder } from './order-store.js';

/** The services that the order service calls. */
export interface Backends {
  readonly users: Directory['users'];
  readonly inventory: ServiceClient<typeof InventoryServiceDefinition>;
}

/** Why an order is REJECTED. */
export interface Rejection {
  /** For programs: CUSTOMER_UNKNOWN, CUSTOMER_UNVERIFIED or OUT_OF_STOCK. */
  readonly reason: string;
  /** For people. */
  readonly reasonText: string;
}

/** Longer than a commit takes; after a crash, the sweep reserves again. */
const RESERVATION_SECONDS = 60;
/** When the caller should retry, in milliseconds. */
const RETRY_DELAY_MS = 1_000;

/** Checks that the customer is a verified user. Rejects with `unavailable` if this fails. */
export async function checkCustomer(
  { users }: Backends,
  { CustomerID: id }: StoredOrder,
  options: CallOptions,
): Promise<Rejection | undefined> {
  try {
    const user = await users.findUser({ key: { $case: 'id', value: id } }, options);
    if (user.verified) return undefined;
    return { reason: 'CUSTOMER_UNVERIFIED', reasonText: `customer ${id} is not verified` };
  } catch (error) {
    if (isRpcError(error, 'NOT_FOUND')) {
      return { reason: 'CUSTOMER_UNKNOWN', reasonText: `there is no customer ${id}` };
    }
    throw unavailable(error, 'DIRECTORY_UNAVAILABLE', 'the directory is not available');
  }
}

/** Reserves the stock of an order. Rejects with `unavailable`; the stock may be reserved then. */
export async function reserve(
  { inventory }: Backends,
  { reservationId: orderId, ProductID: productId, Quantity: quantity }: StoredOrder,
  options: CallOptions,
): Promise<Rejection | undefined> {
  try {
    const request = { orderId, productId, quantity, ttlSeconds: RESERVATION_SECONDS };
    await inventory.reserve(request, options);
    return undefined;
  } catch (error) {
    if (isRpcError(error, 'FAILED_PRECONDITION') && error.reason === 'OUT_OF_STOCK') {
      return { reason: error.reason, reasonText: error.details };
    }
    throw unavailable(error, 'INVENTORY_UNAVAILABLE', 'the inventory is not available');
  }
}

/**
 * Commits the reservation of an order; resolves with false if it has expired. Rejects with
 * `unavailable`; the stock may be taken then.
 */
export async function commit(
  { inventory }: Backends,
  { OrderID, reservationId: orderId }: StoredOrder,
  options: CallOptions,
): Promise<boolean> {
  try {
    await inventory.commit({ orderId }, options);
    return true;
  } catch (error) {
    if (isRpcError(error, 'FAILED_PRECONDITION') && error.reason === 'RESERVATION_GONE') {
      return false;
    }
    const text = `order ${OrderID} is still pending, because the inventory is not available`;
    throw unavailable(error, 'ORDER_PENDING', text);
  }
}

/** Releases the reservation of an order, if any; resolves with false if the inventory fails. */
export async function release(
  { inventory }: Backends,
  { reservationId: orderId }: StoredOrder,
  options: CallOptions,
): Promise<boolean> {
  try {
    await inventory.release({ orderId }, options);
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

function isRpcError(error: unknown, codeName: RpcError['codeName']): error is RpcError {
  return error instanceof RpcError && error.codeName === codeName;
}

function unavailable(cause: unknown, code: string, text: string): unknown {
  if (!(cause instanceof RpcError)) return cause;
  return new DirectoryError('unavailable', text, { code, retryDelayMs: RETRY_DELAY_MS, cause });
}
