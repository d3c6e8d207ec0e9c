import type { RunningServer } from 'personguide/server';
import { startChild, type ChildService } from '../child-service.js';
import type { ServeOptions } from '../serve.js';
import { addDemoData } from './demo.js';
import { startOrders } from './start-orders.js';

/** The order service, and what is not given of what it needs. */
export interface OrderSystemOptions extends ServeOptions {
  /** The database file of the orders; the other two keep theirs beside it. */
  readonly store: string;
  /** HOST:PORT of a directory that runs already. */
  readonly directory?: string;
  /** HOST:PORT of an inventory that runs already. */
  readonly inventory?: string;
  /**
   * Add what the client of the order tutorial expects: customers, stock and an order. Default:
   * false. Not for a directory or an inventory that runs already.
   */
  readonly demo?: boolean;
}

/**
 * Starts the order service in this process, and in processes of their own, on free ports, a
 * directory and an inventory where no address is given. They write their logs with this one's.
 */
export async function startOrderSystem(options: OrderSystemOptions): Promise<RunningServer> {
  const children: ChildService[] = [];
  const addressOf = async (name: 'directory' | 'inventory'): Promise<string> => {
    const given = options[name];
    if (given !== undefined) return given;
    const child = await startPart(name, options.store);
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
    if (options.demo === true) await addDemoData(addresses);
    const server = await startOrders({ ...options, ...addresses });
    tellAddresses({ orders: server.addresses.join(' and '), ...addresses });
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

async function startPart(name: string, ordersFile: string): Promise<ChildService> {
  const child = await startChild(name, {
    args: ['--listen', '127.0.0.1:0', '--store', fileBeside(ordersFile, name)],
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  void child.ended.then((code) => {
    if (code !== 0) {
      process.stderr.write(
        `the ${name} ended; orders fail until one runs at ${child.address} again\n`,
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

function tellAddresses(addresses: Readonly<Record<string, string>>): void {
  const lines = Object.entries(addresses).map(([name, address]) => `${name}: ${address}\n`);
  process.stderr.write(lines.join(''));
}
