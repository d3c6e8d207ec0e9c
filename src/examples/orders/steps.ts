import { RpcError, type CallOptions, type Directory, type ServiceClient } from 'personguide';
import type { InventoryServiceDefinition } from 'personguide/gen/inventory/inventory';
import { DirectoryError } from 'personguide/server';
import type { StoredOrder } from './order-store.js';

/** The services that an order needs. */
export interface Needed {
  readonly users: Directory['users'];
  readonly inventory: ServiceClient<typeof InventoryServiceDefinition>;
}

/** Why an order is refused for good: a reason for programs, and one in words. */
export interface Refusal {
  readonly reason: string;
  readonly reasonText: string;
}

/** Long enough to commit; after a crash the sweeper reserves again. */
const RESERVATION_SECONDS = 60;
/** When the caller should try again, in milliseconds. */
const RETRY_DELAY_MS = 1_000;

/** Refuses who is no verified user. Fails with `unavailable` when the directory does not answer. */
export async function checkCustomer(
  { users }: Needed,
  { CustomerID: id }: StoredOrder,
  options: CallOptions,
): Promise<Refusal | undefined> {
  try {
    const user = await users.findUser({ key: { $case: 'id', value: id } }, options);
    if (user.verified) return undefined;
    return { reason: 'CUSTOMER_UNVERIFIED', reasonText: `customer ${id} is not verified` };
  } catch (error) {
    if (isRpcError(error, 'NOT_FOUND')) {
      return { reason: 'CUSTOMER_UNKNOWN', reasonText: `there is no customer ${id}` };
    }
    throw unavailable(error, 'DIRECTORY_UNAVAILABLE', 'the directory does not answer');
  }
}

/** Refuses what is short. Fails with `unavailable`; the stock may be reserved then. */
export async function reserve(
  { inventory }: Needed,
  { reservationId: orderId, ProductID: productId, Quantity: quantity }: StoredOrder,
  options: CallOptions,
): Promise<Refusal | undefined> {
  try {
    const request = { orderId, productId, quantity, ttlSeconds: RESERVATION_SECONDS };
    await inventory.reserve(request, options);
    return undefined;
  } catch (error) {
    if (isRpcError(error, 'FAILED_PRECONDITION') && error.reason === 'OUT_OF_STOCK') {
      return { reason: error.reason, reasonText: error.details };
    }
    throw unavailable(error, 'INVENTORY_UNAVAILABLE', 'the inventory does not answer');
  }
}

/**
 * Takes what is reserved; false if the reservation has expired. Fails with `unavailable`; the
 * stock may be taken then.
 */
export async function commit(
  { inventory }: Needed,
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
    const text = `order ${OrderID} is not decided yet, but will be; the inventory does not answer`;
    throw unavailable(error, 'ORDER_PENDING', text);
  }
}

/** Gives back what may be reserved; false if the inventory does not answer. */
export async function release(
  { inventory }: Needed,
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
