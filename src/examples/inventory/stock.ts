import { DirectoryError } from 'personguide/server';
import { openEmbeddedStore } from '../embedded-store.js';

/** The stock that an order reserves. */
export interface Reservation {
  readonly orderId: string;
  readonly productId: number;
  readonly quantity: number;
}

/** The stock of a product, in units. */
export interface Level {
  readonly available: number;
  readonly reserved: number;
}

/** The stock of all products; proto/inventory/inventory.proto documents what each method does. */
export interface Stock {
  level(productId: number): Promise<Level>;
  restock(productId: number, quantity: number): Promise<Level>;
  reserve(reservation: Reservation, ttlMs: number): Promise<Level>;
  commit(orderId: string): Promise<void>;
  release(orderId: string): Promise<void>;
  readonly close: () => void;
}

/** A reservation is deleted when it is released or expires; a committed one is kept. */
const SCHEMA = `
  create table if not exists product (
    product_id integer primary key,
    available integer not null check (available between 0 and 2147483647),
    reserved integer not null check (reserved between 0 and 2147483647)
  ) strict;
  create table if not exists reservation (
    order_id text primary key,
    product_id integer not null,
    quantity integer not null,
    committed integer not null,
    expires_ms integer not null
  ) strict, without rowid;
  create index if not exists reservation_expiry
    on reservation (product_id, expires_ms) where committed = 0`;

const MAX_STOCK = 2 ** 31 - 1;

interface StoredReservation {
  readonly product_id: number;
  readonly quantity: number;
  readonly committed: number;
  readonly expires_ms: number;
}

/**
 * Opens the stock in a database file, or in `:memory:`. `nowMs` is the clock that decides when
 * reservations expire. Throws a StartError that names the file.
 */
export function openStock(file: string, nowMs: () => number = Date.now): Stock {
  const { database, write, close } = openEmbeddedStore(file, SCHEMA);
  const findLevel = database.prepare(
    'select available, reserved from product where product_id = ?',
  );
  const add = database.prepare(
    `insert into product values (?1, ?2, 0)
     on conflict do update set available = available + ?2`,
  );
  const move = database.prepare(
    'update product set available = available + ?2, reserved = reserved + ?3 where product_id = ?1',
  );
  const find = database.prepare('select * from reservation where order_id = ?');
  const insert = database.prepare('insert into reservation values (?, ?, ?, 0, ?)');
  const setCommitted = database.prepare('update reservation set committed = 1 where order_id = ?');
  const remove = database.prepare('delete from reservation where order_id = ?');
  const removeExpired = database.prepare(
    `delete from reservation where product_id = ? and committed = 0 and expires_ms <= ?
     returning quantity`,
  );

  const levelNow = (productId: number): Level =>
    (findLevel.get(productId) as Level | undefined) ?? { available: 0, reserved: 0 };

  function expire(productId: number): void {
    const expired = removeExpired.all(productId, nowMs()) as { quantity: number }[];
    const quantity = expired.reduce((sum, row) => sum + row.quantity, 0);
    if (quantity > 0) move.run(productId, quantity, -quantity);
  }

  /** Returns the reservation of an order, unless it has expired. */
  function reservationOf(orderId: string): StoredReservation | undefined {
    const stored = find.get(orderId) as StoredReservation | undefined;
    if (stored?.committed !== 0 || stored.expires_ms > nowMs()) return stored;
    expire(stored.product_id);
    return undefined;
  }

  return {
    level: (productId) =>
      write(() => {
        expire(productId);
        return levelNow(productId);
      }),

    restock: (productId, quantity) =>
      write(() => {
        const { available, reserved } = levelNow(productId);
        if (available + reserved + quantity > MAX_STOCK) throw stockFull(productId);
        add.run(productId, quantity);
        return levelNow(productId);
      }),

    reserve: (reservation, ttlMs) =>
      write(() => {
        const { orderId, productId, quantity } = reservation;
        const stored = reservationOf(orderId);
        if (stored !== undefined) {
          requireSame(stored, reservation);
          return levelNow(productId);
        }
        expire(productId);
        const { available } = levelNow(productId);
        if (available < quantity) throw outOfStock(reservation, available);
        insert.run(orderId, productId, quantity, nowMs() + ttlMs);
        move.run(productId, -quantity, quantity);
        return levelNow(productId);
      }),

    commit: (orderId) =>
      write(() => {
        const stored = reservationOf(orderId);
        if (stored === undefined) throw reservationGone();
        if (stored.committed !== 0) return;
        setCommitted.run(orderId);
        move.run(stored.product_id, 0, -stored.quantity);
      }),

    release: (orderId) =>
      write(() => {
        const stored = reservationOf(orderId);
        if (stored === undefined) return;
        if (stored.committed !== 0) throw reservationCommitted();
        remove.run(orderId);
        move.run(stored.product_id, stored.quantity, -stored.quantity);
      }),

    close,
  };
}

function requireSame(stored: StoredReservation, { productId, quantity }: Reservation): void {
  if (stored.product_id === productId && stored.quantity === quantity) return;
  const text = `the order has already reserved ${stored.quantity} of product ${stored.product_id}`;
  throw new DirectoryError('conflict', text, { code: 'RESERVATION_DIFFERS' });
}

function outOfStock({ productId, quantity }: Reservation, available: number): DirectoryError {
  const text = `product ${productId} has ${available} left, but ${quantity} were requested`;
  const violations = [{ field: 'quantity', description: `only ${available} left` }];
  return new DirectoryError('conflict', text, { code: 'OUT_OF_STOCK', violations });
}

function reservationGone(): DirectoryError {
  const text = 'the order has no reservation: it was never made, or it was released or has expired';
  return new DirectoryError('conflict', text, { code: 'RESERVATION_GONE' });
}

function reservationCommitted(): DirectoryError {
  const text = 'the stock of the order is already committed';
  return new DirectoryError('conflict', text, { code: 'RESERVATION_COMMITTED' });
}

function stockFull(productId: number): DirectoryError {
  const text = `the stock of product ${productId} would exceed ${MAX_STOCK}`;
  return new DirectoryError('exhausted', text, { code: 'STOCK_FULL' });
}
