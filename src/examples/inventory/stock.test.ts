import { openStock, type Stock } from './stock.js';

const PRODUCT = 7;
const TTL_MS = 60_000;

describe('the stock', () => {
  let nowMs = 0;
  let stock: Stock;
  beforeEach(async () => {
    nowMs = 1_000_000;
    stock = openStock(':memory:', () => nowMs);
    await stock.restock(PRODUCT, 10);
  });
  afterEach(() => {
    stock.close();
  });

  const reserve = (orderId: string, quantity: number) =>
    stock.reserve({ orderId, productId: PRODUCT, quantity }, TTL_MS);
  const level = () => stock.level(PRODUCT);

  it('is zero for an unknown product', async () => {
    expect(await stock.level(8)).toEqual({ available: 0, reserved: 0 });
  });

  it('has reserved items neither available nor taken until they are committed', async () => {
    await reserve('a', 4);
    expect(await level()).toEqual({ available: 6, reserved: 4 });
    await stock.commit('a');
    expect(await level()).toEqual({ available: 6, reserved: 0 });
  });

  it('makes released items available again', async () => {
    await reserve('a', 4);
    await stock.release('a');
    expect(await level()).toEqual({ available: 10, reserved: 0 });
  });

  it('accepts each change of a reservation twice', async () => {
    await reserve('a', 4);
    await reserve('a', 4);
    await stock.commit('a');
    await stock.commit('a');
    await reserve('a', 4);
    await reserve('b', 1);
    await stock.release('b');
    await stock.release('b');
    await stock.release('unknown');
    expect(await level()).toEqual({ available: 6, reserved: 0 });
  });

  it('rejects a reservation that exceeds it, and returns how many are left', async () => {
    await reserve('a', 8);
    await expect(reserve('b', 3)).rejects.toMatchObject({
      reason: 'conflict',
      code: 'OUT_OF_STOCK',
      message: 'product 7 has 2 left, but 3 were requested',
    });
    expect(await level()).toEqual({ available: 2, reserved: 8 });
  });

  it('never drops below zero under concurrent reservations', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => reserve(`order-${n}`, 1)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await level()).toEqual({ available: 0, reserved: 10 });
  });

  it('lets a reservation expire, and then rejects its commit', async () => {
    await reserve('a', 10);
    nowMs += TTL_MS - 1;
    await expect(reserve('b', 1)).rejects.toMatchObject({ code: 'OUT_OF_STOCK' });
    nowMs += 1;
    await expect(stock.commit('a')).rejects.toMatchObject({ code: 'RESERVATION_GONE' });
    expect(await level()).toEqual({ available: 10, reserved: 0 });
    await reserve('a', 2);
    await stock.commit('a');
    expect(await level()).toEqual({ available: 8, reserved: 0 });
  });

  it('does not let a committed reservation expire', async () => {
    await reserve('a', 4);
    await stock.commit('a');
    nowMs += 10 * TTL_MS;
    expect(await level()).toEqual({ available: 6, reserved: 0 });
    await expect(stock.release('a')).rejects.toMatchObject({ code: 'RESERVATION_COMMITTED' });
  });

  it('rejects a different reservation for the same order', async () => {
    await reserve('a', 4);
    await expect(reserve('a', 5)).rejects.toMatchObject({ code: 'RESERVATION_DIFFERS' });
  });
});
