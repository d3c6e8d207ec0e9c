import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { parentIdOf, recordSpans } from '../../test-support/recorded-spans.js';
import { PRODUCT, startOrderParts, VERIFIED } from './order-parts.test.support.js';

it('an order is one trace over orders, directory and inventory', async () => {
  await using recorded = recordSpans();
  const parts = await startOrderParts(10);
  const order = { customerID: VERIFIED, productID: PRODUCT, quantity: 2 };
  const traceId = await recorded.inSpan(async (span) => {
    await parts.orders.createOrder(order);
    return span.spanContext().traceId;
  });
  await parts.stop();
  const spans = recorded.spans().filter((span) => span.spanContext().traceId === traceId);
  expect(served(spans, 'FindUser')).toMatchObject(chain('FindUser'));
  expect(served(spans, 'Reserve')).toMatchObject(chain('Reserve'));
  expect(served(spans, 'Commit')).toMatchObject(chain('Commit'));
  // The directory is the only one of the three whose store is this package's.
  expect(pathOf(spans, 'store findUser')).toEqual(['store findUser', ...served(spans, 'FindUser')]);
  const roots = spans.filter((span) => parentIdOf(span) === undefined);
  expect(roots.map(({ name }) => name)).toEqual(['test']);
});

/** From the span of a call at its server up to the caller of CreateOrder. */
function chain(method: string): unknown[] {
  const service = method === 'FindUser' ? 'grpcUser.UserService' : 'inventory.InventoryService';
  const called = `${service}/${method}`;
  const order = expect.stringMatching(/^[\w.]*OrderService\/CreateOrder$/) as unknown;
  const orderAttempt = expect.stringMatching(
    /^[\w.]*OrderService\/CreateOrder attempt$/,
  ) as unknown;
  return [called, `${called} attempt`, called, order, orderAttempt, order, 'test'];
}

/** The path of the span that the server of that method has made. */
function served(spans: readonly ReadableSpan[], method: string): string[] {
  const name = spans.find(
    (span) => span.kind === SpanKind.SERVER && span.name.endsWith(`/${method}`),
  );
  return name === undefined ? [] : pathFrom(spans, name);
}

function pathOf(spans: readonly ReadableSpan[], name: string): string[] {
  const span = spans.find((each) => each.name === name);
  return span === undefined ? [] : pathFrom(spans, span);
}

/** The names of a span and of all above it. */
function pathFrom(spans: readonly ReadableSpan[], from: ReadableSpan): string[] {
  const path: string[] = [];
  let span: ReadableSpan | undefined = from;
  while (span !== undefined) {
    path.push(span.name);
    const parentId = parentIdOf(span);
    span = spans.find((each) => each.spanContext().spanId === parentId);
  }
  return path;
}
