import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { restoreBackup } from '../store/backup-file.js';
import { contentText } from './backup-size.js';
import { CliError } from './cli-error.js';
import { exitCode } from './exit-code.js';
import { settingOptions } from './setting-options.js';

/** `personguide restore`: puts a backup where a server can open it. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('copy a backup to a new store, which a server can then open')
    .argument('<FILE>', 'a backup, or the file of a store that was closed')
    .addHelpText(
      'after',
      `
The whole backup is checked first. A store that exists is never replaced: stop its server and move
the file away. To bring a deleted person back, use personguide undelete.

Example:
  personguide restore people-2026-01-31.db --store people.db`,
    )
    .action(restore);
  const store = settingOptions().find(({ long }) => long === '--store');
  return store === undefined ? command : command.addOption(store);
}

async function restore(file: string, flags: Record<string, unknown>): Promise<void> {
  const { store } = readConfig(flags);
  if (existsSync(store)) {
    const text = `${store} exists; stop its server and move it away, or name another --store`;
    throw new CliError(exitCode.conflict, text);
  }
  const content = await restoreBackup(file, store);
  process.stdout.write(`${store}: ${contentText(content)}; checked\n`);
}
