import { Option, type Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { startInventory, type InventoryOptions } from './inventory.js';

/** The command `example inventory serve`. */
export function inventoryCommand(): Command {
  return companionCommand<InventoryOptions>({
    name: 'inventory',
    summary: 'keeps the stock that orders take; see orders',
    listen: '127.0.0.1:9001',
    options: [
      new Option('--store <file>', 'database file, or :memory:').default('orders-inventory.db'),
    ],
    start: startInventory,
    example: 'serve --listen 127.0.0.1:9001 --store orders-inventory.db',
  });
}
