import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { watchChild, type Child } from '../../test-support/child.js';
import { callUnary } from '../../test-support/public-client.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { PUBLIC_NAMES, publicOrderClient } from './public-orders.test.support.js';

const MAIN = resolve(__dirname, '../../../dist/src/examples/main.js');

/** Runs `orders serve`, which starts a directory and an inventory in processes of their own. */
function runOrders(folder: Folder, ...args: string[]) {
  const serve = ['orders', 'serve', '--listen', '127.0.0.1:0', '--until-input-ends'];
  return watchChild(
    spawn(process.execPath, [MAIN, ...serve, '--store', folder.file('orders.db'), ...args]),
  );
}

/** Resolves with the address of the order service; the other two processes log theirs, too. */
async function addressOf(program: Child) {
  const { addresses } = await program.line(
    ({ msg, services }) => msg === 'listening' && (services as string[]).includes('OrderService'),
  );
  const [address = ''] = addresses as string[];
  return address;
}

describe('orders serve --demo', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder[Symbol.dispose]();
  });

  it("answers the calls of the order tutorial's client, also after a restart", async () => {
    const listed: unknown[] = [{ OrderID: 1, CustomerID: 42, ProductID: 1, Quantity: 10 }];
    for (const [run, name] of PUBLIC_NAMES.entries()) {
      await using program = runOrders(folder, '--demo');
      const client = publicOrderClient(name, await addressOf(program));
      // The two calls of its kitchen page.
      const ordered = { customerID: 24, productID: 3123, quantity: 2 };
      expect(await callUnary(client, 'CreateOrder', ordered)).toEqual({ status: 'success' });
      expect(await callUnary(client, 'GetOrders', { customerID: 42 })).toEqual({
        orders: [listed[0]],
      });
      listed.push({ OrderID: listed.length + 1, CustomerID: 24, ProductID: 3123, Quantity: 2 });
      expect(await callUnary(client, 'GetOrders', {})).toEqual({ orders: listed });
      client.close();
      const { code, stdout } = await program.kill('SIGTERM');
      expect(code).toBe(0);
      const added = stdout.match(/"\/grpcUser\.UserService\/AddUser","status":"OK"/g) ?? [];
      expect(added).toHaveLength(run === 0 ? 42 : 0);
    }
  }, 30_000);

  it.each(['--directory', '--inventory'])('is rejected together with %s', async (option) => {
    const { code, stderr } = await runOrders(folder, '--demo', option, '127.0.0.1:1').exited;
    expect(code).toBe(1);
    expect(stderr).toContain(`option '--demo' cannot be used with option '${option} <address>'`);
  });
});
