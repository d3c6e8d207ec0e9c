import { OrderServiceDefinition as UnpackagedDefinition } from 'personguide/gen/order_service';
import {
  OrderServiceDefinition,
  OrderState,
  type GetOrderResponse,
  type GetOrdersRequest,
} from 'personguide/gen/orders/orders';
import {
  DirectoryError,
  service,
  type Handlers,
  type MethodScopes,
  type Service,
} from 'personguide/server';
import { MAX_QUANTITY, outOfRange, throwIfAny } from '../checks.js';
import type { OrderStore, StoredOrder } from './order-store.js';
import type { OrderWork } from './order-work.js';
import { watchOrders } from './watch.js';

const MAX_PAGE_SIZE = 1_000;
/** The largest response to a request without a page size, in orders. */
const MAX_ORDERS = 10_000;

/** The scope that each method needs, for a server with access control. */
export const orderScopes: MethodScopes = Object.fromEntries(
  [OrderServiceDefinition, UnpackagedDefinition].flatMap(({ fullName }) => [
    [`/${fullName}/CreateOrder`, 'orders:write'],
    [`/${fullName}/GetOrders`, 'orders:read'],
    [`/${fullName}/WatchOrders`, 'orders:read'],
  ]),
);

/** Implements the service under both of its names; proto/orders/orders.proto documents each call. */
export function orderServices(store: OrderStore, work: OrderWork): Service[] {
  const handlers = orderHandlers(store, work);
  return [service(OrderServiceDefinition, handlers), service(UnpackagedDefinition, handlers)];
}

function orderHandlers(
  store: OrderStore,
  work: OrderWork,
): Handlers<typeof OrderServiceDefinition> {
  return {
    createOrder: async (request, call) => {
      throwIfAny([
        ...outOfRange('customerID', request.customerID, 1),
        ...outOfRange('productID', request.productID, 1),
        ...outOfRange('quantity', request.quantity, 1, MAX_QUANTITY),
      ]);
      const created = await store.create(request, call.requestId, call.idempotencyKey?.key);
      const order = await work.finish(created.OrderID, call);
      if (order.state === OrderState.ORDER_STATE_REJECTED) throw rejectedError(order);
      return { status: 'success', order };
    },

    getOrders: (request) => {
      throwIfAny([
        ...outOfRange('customerID', request.customerID, 0),
        ...outOfRange('page_size', request.pageSize, 0, MAX_PAGE_SIZE),
        ...outOfRange('after_id', request.afterId, 0),
      ]);
      return request.pageSize === 0 ? allOrders(store, request) : pageOfOrders(store, request);
    },

    watchOrders: ({ customerId }, { signal }) => {
      throwIfAny(outOfRange('customer_id', customerId, 0));
      return watchOrders(store, customerId, signal);
    },
  };
}

function pageOfOrders(store: OrderStore, request: GetOrdersRequest): GetOrderResponse {
  const { pageSize } = request;
  // One order more than the page shows whether there is another page.
  const found = listOrders(store, request, pageSize + 1);
  const orders = found.slice(0, pageSize);
  const more = found.length > pageSize;
  return { orders, nextAfterId: more ? (orders.at(-1)?.OrderID ?? 0) : 0 };
}

function allOrders(store: OrderStore, request: GetOrdersRequest): GetOrderResponse {
  const orders = listOrders(store, request, MAX_ORDERS + 1);
  if (orders.length <= MAX_ORDERS) return { orders, nextAfterId: 0 };
  const text = `there are more than ${MAX_ORDERS} orders to list; set page_size`;
  throw new DirectoryError('exhausted', text, { code: 'TOO_MANY_ORDERS' });
}

function listOrders(store: OrderStore, request: GetOrdersRequest, limit: number): StoredOrder[] {
  const { customerID: customerId, afterId } = request;
  const states = request.states.length > 0 ? request.states : [OrderState.ORDER_STATE_CONFIRMED];
  return store.list({ customerId, states, afterId, limit });
}

function rejectedError({ OrderID, reason, reasonText }: StoredOrder): DirectoryError {
  return new DirectoryError('conflict', `order ${OrderID} is rejected: ${reasonText}`, {
    code: reason,
  });
}
