import { writeSync } from 'node:fs';
import { DirectoryError } from '../directory/errors.js';
import type { Store } from '../directory/store.js';
import { openStore } from '../store/open.js';
import { add, person, record } from './store-messages.js';

/**
 * A program that opens the store named by its argument, to which twenty concurrent callers write
 * until it is killed or a write fails. It prints a line `open`, a line `people NAME` or `user NAME`
 * for each acknowledged write, and a line `failed CODE TEXT`. Each write of people records three
 * people of that name.
 */
async function main(url: string): Promise<void> {
  const store = await openStore(url);
  print('open');
  await Promise.all(Array.from({ length: 20 }, (_, caller) => write(store, caller)));
}

async function write(store: Store, caller: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const name = `${process.pid}-${caller}-${turn}`;
    await record(store, person({ name }), person({ name }), person({ name }));
    print(`people ${name}`);
    await add(store, { firstName: name, email: `${name}@example.com` });
    print(`user ${name}`);
  }
}

function print(line: string): void {
  // Synchronously: a kill would lose what is still in the buffer of a stream.
  writeSync(1, `${line}\n`);
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  const text = error instanceof DirectoryError ? `${error.code} ${error.message}` : String(error);
  print(`failed ${text}`);
  process.exitCode = 1;
});
