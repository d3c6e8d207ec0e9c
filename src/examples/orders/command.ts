import { Option, type Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { ordersConversation } from './conversation.js';
import { startOrderSystem, type OrderSystemOptions } from './order-system.js';

/** The commands `example orders` and `example orders serve`. */
export function ordersCommand(): Command {
  return companionCommand<OrderSystemOptions>({
    name: 'orders',
    summary: 'takes orders from verified users for products in stock',
    converse: ordersConversation,
    listen: '127.0.0.1:9000',
    options: [
      new Option('--store <file>', 'database file, or :memory:').default('orders.db'),
      new Option('--directory <address>', 'a running directory (default: starts one)'),
      new Option('--inventory <address>', 'a running inventory (default: starts one)'),
      new Option('--directory-token <token>', 'the token of this service at the directory').env(
        'ORDERS_DIRECTORY_TOKEN',
      ),
      new Option('--inventory-token <token>', 'the token of this service at the inventory').env(
        'ORDERS_INVENTORY_TOKEN',
      ),
      new Option(
        '--demo',
        'add the customers, stock and order that the client of the order tutorial expects',
      ).conflicts(['directory', 'inventory']),
    ],
    start: startOrderSystem,
    example: 'serve --listen 127.0.0.1:9000 --store orders.db --directory 127.0.0.1:8080',
  });
}
