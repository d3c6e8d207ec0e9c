import { Command, CommanderError } from 'commander';
import { greeterCommand } from './greeter/command.js';
import { inventoryCommand } from './inventory/command.js';
import { ordersCommand } from './orders/command.js';
import { directoryCommand } from './orders/directory-command.js';
import { routeGuideCommand } from './route-guide/command.js';

/** The commands of all companions. */
function program(): Command {
  return new Command('example')
    .description('Companion services: NAME demonstrates one, NAME serve runs it until Ctrl+C.')
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
  // Without a listener, an EPIPE (`example greeter | head -1`) is an uncaught exception: the servers
  // are not stopped, and the log's flush at exit can block the process forever.
  for (const output of [process.stdout, process.stderr]) output.on('error', ignore);
  try {
    await program().parseAsync();
  } catch (error) {
    // Commander has printed its own text already.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
    } else {
      process.exitCode = 1;
      process.stderr.write(`example: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

function ignore(): void {
  // What is printed from now on is lost; the command continues and stops its processes.
}

void main();
