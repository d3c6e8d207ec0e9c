import { Command } from 'commander';
import { readConfig } from '../config.js';
import { recoverStore } from '../store/backup-file.js';
import { contentText } from './backup-size.js';
import { settingOptions } from './setting-options.js';

/** `personguide recover`: accepts that the -wal file of a store is lost. */
export function recoverCommand(): Command {
  const command = new Command('recover')
    .description('accept that the -wal file of a store is lost, so that a server can open the rest')
    .addHelpText(
      'after',
      `
The latest writes of a store are in the -wal file beside it until its server stops. A server does not
start on a store whose -wal file has disappeared: put it back if you can. This command checks what is
left and opens it without. To have all writes up to a backup, restore that instead.

Example:
  personguide recover --store people.db`,
    )
    .action(recover);
  const store = settingOptions().find(({ long }) => long === '--store');
  return store === undefined ? command : command.addOption(store);
}

async function recover(flags: Record<string, unknown>): Promise<void> {
  const { store } = readConfig(flags);
  process.stdout.write(`${store}: ${contentText(await recoverStore(store))}; checked\n`);
}
