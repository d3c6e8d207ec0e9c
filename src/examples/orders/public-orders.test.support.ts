import { publicClient } from '../../test-support/public-client.js';

/** The names of the service in the copies of the order tutorial. */
export const PUBLIC_NAMES = ['OrderService', 'orders.OrderService'];

/** A client of the tutorial's contract under either name, made without our code. */
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
