import { publicClient } from '../../test-support/public-client.js';

/** The names under which copies of the order tutorial know the service. */
export const PUBLIC_NAMES = ['OrderService', 'orders.OrderService'];

/** A client of the tutorial's own contract, by either name; it shares no code with the product. */
export function publicOrderClient(service: string, address: string) {
  const packageLine = service.startsWith('orders.') ? 'package orders;' : '';
  const protoText = `
    syntax = "proto3";
    ${packageLine}
    service OrderService {
      rpc CreateOrder(CreateOrderRequest) returns (CreateOrderResponse) {}
      rpc GetOrders(GetOrdersRequest) returns (GetOrderResponse) {}
    }
    message Order { int32 OrderID = 1; int32 CustomerID = 2; int32 ProductID = 3; int32 Quantity = 4; }
    message CreateOrderRequest { int32 customerID = 1; int32 productID = 2; int32 quantity = 3; }
    message CreateOrderResponse { string status = 1; }
    message GetOrdersRequest { int32 customerID = 1; }
    message GetOrderResponse { repeated Order orders = 1; }`;
  return publicClient(protoText, service, address);
}
