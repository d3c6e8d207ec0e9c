import { writeSync } from 'node:fs';
import { DirectoryError } from '../directory/errors.js';
import type { Store } from '../directory/store.js';
import { openStore } from '../store/open.js';
import { add, person, record } from './store-messages.js';

/**
 * A process of its own that opens the store named by its argument and writes to it by twenty
 * callers at once, until it is killed or a write fails. Standard output gets a line `open`, a line
 * `people NAME` or `user NAME` for each write that was answered, and a line `failed CODE TEXT`.
 * Each write of people is of three people of that name.
 */
async function main(url: string): Promise<void> {
  const store = await openStore(url);
  tell('open');
  await Promise.all(Array.from({ length: 20 }, (_, caller) => write(store, caller)));
}

async function write(store: Store, caller: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const name = `${process.pid}-${caller}-${turn}`;
    await record(store, person({ name }), person({ name }), person({ name }));
    tell(`people ${name}`);
    await add(store, { firstName: name, email: `${name}@example.com` });
    tell(`user ${name}`);
  }
}

function tell(line: string): void {
  // At once: what is still in a stream's buffer dies with the process.
  writeSync(1, `${line}\n`);
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  const told = error instanceof DirectoryError ? `${error.code} ${error.message}` : String(error);
  tell(`failed ${told}`);
  process.exitCode = 1;
});
