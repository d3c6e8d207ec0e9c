import { greeterConversation } from './greeter/conversation.js';
import { ordersConversation } from './orders/conversation.js';
import { routeGuideConversation } from './route-guide/conversation.js';

async function linesOf(conversation: (print: (line: string) => void) => Promise<void>) {
  const lines: string[] = [];
  await conversation((line) => lines.push(line));
  return lines;
}

describe('the conversation of', () => {
  it('the greeter shows two greetings, a missing method, a missing server and the log', async () => {
    const text = (await linesOf(greeterConversation)).join('\n');
    expect(text).toContain('Hello, world!\nHello again, world!\n');
    expect(text).toMatch(/^SayGoodbye UNIMPLEMENTED: .+$/m);
    expect(text).toMatch(/^SayHello UNAVAILABLE: .+nothing listens there.+$/m);
    expect(text).toMatch(/"method":"\/greeter.Greeter\/SayHello","status":"OK"/);
    expect(text).toMatch(/"method":"\/greeter.Greeter\/SayHelloAgain","status":"OK"/);
  }, 30_000);

  it('the route guide shows all four kinds of RPC', async () => {
    const lines = await linesOf(routeGuideConversation);
    expect(lines).toContain('GetFeature 40.9146, -74.6189: Berkshire Valley, trailhead');
    expect(lines).toContain('GetFeature 0.0000, 0.0000: no feature there');
    expect(lines.filter((line) => line.startsWith('ListFeatures: '))).toHaveLength(10);
    expect(lines).toContainEqual(expect.stringContaining('10 points, 10 features, 401236 m in'));
    expect(lines.slice(-3)).toEqual([
      'RouteChat: earlier note "first here" at 40.9146, -74.6189',
      'RouteChat: earlier note "first here" at 40.9146, -74.6189',
      'RouteChat: earlier note "second here" at 40.9146, -74.6189',
    ]);
  }, 30_000);

  it('orders shows accepted and rejected orders, and one request in three logs', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736';
    const lines = await linesOf(ordersConversation);
    // Each outgoing call is a child of the same trace, with a parent id of its own.
    const childIds = lines.flatMap((line) => / OK 00-\w{32}-(\w{16})-01$/.exec(line)?.[1] ?? []);
    const [directoryId = '', inventoryId = ''] = childIds;
    expect(new Set(childIds).size).toBe(3);
    expect(lines).toEqual([
      'started three processes: directory, inventory and orders',
      'product 7: 5 in stock',
      'CreateOrder success: order 1, ORDER_STATE_CONFIRMED',
      'CreateOrder success: order 2, ORDER_STATE_CONFIRMED',
      'with the same idempotency key: CreateOrder success: order 2, ORDER_STATE_CONFIRMED',
      'CreateOrder FAILED_PRECONDITION: order 3 is rejected: product 7 has 2 left, but 9 were requested [OUT_OF_STOCK]',
      'CreateOrder FAILED_PRECONDITION: order 4 is rejected: there is no customer 999 [CUSTOMER_UNKNOWN]',
      'CreateOrder FAILED_PRECONDITION: order 5 is rejected: customer 2 is not verified [CUSTOMER_UNVERIFIED]',
      'GetOrders: order 1 of 2, order 2 of 1',
      'product 7: 2 in stock, 0 reserved',
      'log lines of request shop-1:',
      `  directory: /grpcUser.UserService/FindUser OK ${trace}-${directoryId}-01`,
      `  inventory: /inventory.InventoryService/Reserve OK ${trace}-${inventoryId}-01`,
      `  orders: /orders.OrderService/CreateOrder OK ${trace}-00f067aa0ba902b7-01`,
    ]);
  }, 30_000);
});
