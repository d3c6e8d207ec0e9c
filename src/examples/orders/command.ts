import { Option, type Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { ordersConversation } from './conversation.js';
import { startOrderSystem, type OrderSystemOptions } from './order-system.js';

/** `example orders` and `example orders serve` */
export function ordersCommand(): Command {
  return companionCommand<OrderSystemOptions>({
    name: 'orders',
    summary: 'takes orders of users of the directory for what the inventory has',
    converse: ordersConversation,
    listen: '127.0.0.1:9000',
    options: [
      new Option('--store <file>', 'database file, or :memory:').default('orders.db'),
      new Option('--directory <address>', 'a directory that runs; by default one of its own'),
      new Option('--inventory <address>', 'an inventory that runs; by default one of its own'),
      new Option('--demo', 'add what the client of the order tutorial expects').conflicts([
        'directory',
        'inventory',
      ]),
    ],
    start: startOrderSystem,
    example: 'serve --listen 127.0.0.1:9000 --store orders.db --directory 127.0.0.1:8080',
  });
}
