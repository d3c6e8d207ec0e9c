import { randomUUID } from 'node:crypto';
import type { StatementSyncInstance } from '@photostructure/sqlite';
import { OrderState, type CreateOrderRequest, type Order } from 'personguide/gen/orders/orders';
import { DirectoryError } from 'personguide/server';
import { openEmbeddedStore } from '../embedded-store.js';

/** An order with the fields that only the server uses. */
export interface StoredOrder extends Order {
  /** Identifies the order in the inventory; unique across stores. */
  readonly reservationId: string;
  /** Why it is REJECTED, for people; otherwise empty. */
  readonly reasonText: string;
  /** Whether the inventory may still have a reservation that must be released. */
  readonly releasePending: boolean;
  /** The request id of the call that created it. */
  readonly requestId: string;
}

/** The fields that a decision about an order sets. */
export type Decision = Pick<StoredOrder, 'state' | 'reason' | 'reasonText' | 'releasePending'>;

/** Selects the orders to list. */
export interface OrderQuery {
  /** 0 for the orders of all customers. */
  readonly customerId: number;
  /** Empty for all states. */
  readonly states: readonly OrderState[];
  readonly afterId: number;
  readonly limit: number;
}

/** The stored orders. A write is durable once it has resolved. */
export interface OrderStore {
  /**
   * Creates a PENDING order. If the idempotency key has created an order before, resolves with that
   * order, or rejects with `conflict` if its content differs.
   */
  create(request: CreateOrderRequest, requestId: string, key?: string): Promise<StoredOrder>;
  /** Sets the decision, and resolves with the order. */
  decide(orderId: number, decision: Decision): Promise<StoredOrder>;
  get(orderId: number): StoredOrder;
  /** Returns the orders in ascending order of id. */
  list(query: OrderQuery): StoredOrder[];
  /** Returns the ids of orders that are PENDING or have a pending release, in ascending order. */
  unfinished(): number[];
  /**
   * Calls the listener with each order that is created or changed from now on, once that is durable.
   * Returns the function that removes the listener.
   */
  watch(listener: (order: StoredOrder) => void): () => void;
  readonly close: () => void;
}

const SCHEMA = `
  create table if not exists store (id text not null) strict;
  create table if not exists orders (
    order_id integer primary key autoincrement check (order_id <= 2147483647),
    customer_id integer not null,
    product_id integer not null,
    quantity integer not null,
    state integer not null,
    reason text not null default '',
    reason_text text not null default '',
    release_owed integer not null default 0,
    request_id text not null,
    idempotency_key text unique
  ) strict;
  create index if not exists orders_of_customer on orders (customer_id, order_id);
  create index if not exists orders_unfinished on orders (order_id)
    where state = ${OrderState.ORDER_STATE_PENDING} or release_owed`;

interface Row {
  readonly order_id: number;
  readonly customer_id: number;
  readonly product_id: number;
  readonly quantity: number;
  readonly state: OrderState;
  readonly reason: string;
  readonly reason_text: string;
  readonly release_owed: number;
  readonly request_id: string;
}

/** Opens the orders in a database file, or in `:memory:`. Throws a StartError that names the file. */
export function openOrderStore(file: string): OrderStore {
  const { database, write, close } = openEmbeddedStore(file, SCHEMA);
  const listeners = new Set<(order: StoredOrder) => void>();
  const storeId = storeIdOf();
  const insert = database.prepare(
    `insert into orders (customer_id, product_id, quantity, state, request_id, idempotency_key)
     values (?, ?, ?, ${OrderState.ORDER_STATE_PENDING}, ?, ?) returning *`,
  );
  const findByKey = database.prepare('select * from orders where idempotency_key = ?');
  const find = database.prepare('select * from orders where order_id = ?');
  const update = database.prepare(
    `update orders set state = ?, reason = ?, reason_text = ?, release_owed = ?
     where order_id = ? returning *`,
  );
  const selectUnfinished = database.prepare(
    `select order_id from orders where state = ${OrderState.ORDER_STATE_PENDING} or release_owed
     order by order_id`,
  );
  const select = (condition: string): StatementSyncInstance =>
    database.prepare(
      `select * from orders
       where ${condition} and order_id > ?2
         and (?3 = '[]' or state in (select value from json_each(?3)))
       order by order_id limit ?4`,
    );
  const selectOfCustomer = select('customer_id = ?1');
  const selectOfAll = select('?1 = 0');

  function storeIdOf(): string {
    database.exec(
      `insert into store select '${randomUUID()}' where not exists (select * from store)`,
    );
    return (database.prepare('select id from store').get() as { id: string }).id;
  }

  function toOrder(row: unknown): StoredOrder {
    const stored = row as Row;
    return {
      OrderID: stored.order_id,
      CustomerID: stored.customer_id,
      ProductID: stored.product_id,
      Quantity: stored.quantity,
      state: stored.state,
      reason: stored.reason,
      reasonText: stored.reason_text,
      releasePending: stored.release_owed !== 0,
      requestId: stored.request_id,
      reservationId: `${storeId}/${stored.order_id}`,
    };
  }

  async function writeAndNotify(work: () => StoredOrder): Promise<StoredOrder> {
    const order = await write(work);
    for (const listener of listeners) listener(order);
    return order;
  }

  return {
    create: (request, requestId, key) =>
      writeAndNotify(() => {
        const earlier: unknown = key === undefined ? undefined : findByKey.get(key);
        if (earlier !== undefined) return requireSame(toOrder(earlier), request);
        const { customerID, productID, quantity } = request;
        return toOrder(insert.get(customerID, productID, quantity, requestId, key ?? null));
      }),

    decide: (orderId, { state, reason, reasonText, releasePending }) =>
      writeAndNotify(() =>
        toOrder(update.get(state, reason, reasonText, Number(releasePending), orderId)),
      ),

    get: (orderId) => toOrder(find.get(orderId)),

    list: ({ customerId, afterId, states, limit }) =>
      (customerId === 0 ? selectOfAll : selectOfCustomer)
        .all(customerId, afterId, JSON.stringify(states), limit)
        .map(toOrder),

    unfinished: () =>
      (selectUnfinished.all() as { order_id: number }[]).map(({ order_id: id }) => id),

    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    close,
  };
}

function requireSame(earlier: StoredOrder, request: CreateOrderRequest): StoredOrder {
  const { customerID, productID, quantity } = request;
  const same =
    earlier.CustomerID === customerID &&
    earlier.ProductID === productID &&
    earlier.Quantity === quantity;
  if (same) return earlier;
  throw new DirectoryError(
    'conflict',
    'the idempotency key was used for an order with other content',
    {
      code: 'IDEMPOTENCY_KEY_REUSED',
    },
  );
}
