import { Command } from 'commander';
import { readConfig } from '../config.js';
import { openStore, redactedStoreUrl } from '../store/open.js';
import { settingOptions } from './setting-options.js';

/** `personguide migrate`: creates or updates the schema of a store, without a server. */
export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('create or update the schema of a store; serve does the same when it starts')
    .addHelpText(
      'after',
      `
Any number of servers and migrations may start at the same time on one PostgreSQL database: one of
them migrates, the others wait. A store whose schema is newer than this program is not changed.

Example:
  personguide migrate --store postgres://people@db.example.com/people`,
    )
    .action(async (flags: Record<string, unknown>) => {
      const { store: url } = readConfig(flags);
      const store = await openStore(url);
      await store.close();
      process.stdout.write(`the schema of ${redactedStoreUrl(url)} is up to date\n`);
    });
  const store = settingOptions().find(({ long }) => long === '--store');
  return store === undefined ? command : command.addOption(store);
}
