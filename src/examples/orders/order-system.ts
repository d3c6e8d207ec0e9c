import type { RunningServer } from 'personguide/server';
import { startChild, type ChildService } from '../child-service.js';
import type { ServeOptions } from '../serve.js';
import { addDemoData } from './demo.js';
import { startOrders } from './start-orders.js';

/** The options of the order service; backends without an address are started with it. */
export interface OrderSystemOptions extends ServeOptions {
  /** The database file of the orders; those of the other two get names derived from it. */
  readonly store: string;
  /** HOST:PORT of a running directory. Default: start one. */
  readonly directory?: string;
  /** HOST:PORT of a running inventory. Default: start one. */
  readonly inventory?: string;
  /** The order service's own tokens for them, if they have access control. */
  readonly directoryToken?: string | undefined;
  readonly inventoryToken?: string | undefined;
  /**
   * Add what the client of the order tutorial expects: customers, stock and an order. Default:
   * false. Not meant for a directory or an inventory that other services use.
   */
  readonly demo?: boolean;
}

/**
 * Starts the order service in this process, and a directory and an inventory in child processes on
 * free ports unless their addresses are given. All logs go to standard output. Rejects with a
 * StartError if one of them cannot start; the others are stopped then.
 */
export async function startOrderSystem(options: OrderSystemOptions): Promise<RunningServer> {
  const children: ChildService[] = [];
  const addressOf = async (name: 'directory' | 'inventory'): Promise<string> => {
    const given = options[name];
    if (given !== undefined) return given;
    const child = await startBackend(name, options.store);
    children.push(child);
    return child.address;
  };
  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(children.map((child) => child.stop()));
  };
  try {
    const addresses = {
      directory: await addressOf('directory'),
      inventory: await addressOf('inventory'),
    };
    if (options.demo === true) await addDemoData({ ...options, ...addresses });
    const server = await startOrders({ ...options, ...addresses });
    printAddresses({ orders: server.addresses.join(' and '), ...addresses });
    const stop = async (): Promise<void> => {
      await server.stop();
      await stopAll();
    };
    return { ...server, stop };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startBackend(name: string, ordersFile: string): Promise<ChildService> {
  const child = await startChild(name, {
    args: ['--listen', '127.0.0.1:0', '--store', fileBeside(ordersFile, name)],
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  void child.exited.then((code) => {
    if (code !== 0) {
      process.stderr.write(
        `the ${name} exited; orders fail until it runs at ${child.address} again\n`,
      );
    }
  });
  return child;
}

/** `data/orders.db` and `inventory` -> `data/orders-inventory.db` */
function fileBeside(ordersFile: string, name: string): string {
  if (ordersFile === ':memory:') return ordersFile;
  return `${ordersFile.replace(/\.db$/, '')}-${name}.db`;
}

function printAddresses(addresses: Readonly<Record<string, string>>): void {
  const lines = Object.entries(addresses).map(([name, address]) => `${name}: ${address}\n`);
  process.stderr.write(lines.join(''));
}
