import { Command, CommanderError } from 'commander';
import { greeterCommand } from './greeter/command.js';
import { inventoryCommand } from './inventory/command.js';
import { ordersCommand } from './orders/command.js';
import { directoryCommand } from './orders/directory-command.js';
import { routeGuideCommand } from './route-guide/command.js';

/** The companion systems: each shows itself, or serves until it is stopped. */
function program(): Command {
  return new Command('example')
    .description('The companion systems. NAME shows one, NAME serve keeps it up.')
    .usage('NAME [serve]')
    .addHelpText('after', '\nExample:\n  npm run example -- greeter')
    .addCommand(greeterCommand())
    .addCommand(routeGuideCommand())
    .addCommand(ordersCommand())
    .addCommand(inventoryCommand())
    .addCommand(directoryCommand())
    .exitOverride();
}

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    // Its own text is on the screen by then.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
    } else {
      process.exitCode = 1;
      process.stderr.write(`example: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

void main();
