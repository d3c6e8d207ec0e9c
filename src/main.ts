#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { exitCodeHelp } from './cli/exit-code.js';
import { endingOf } from './cli/failure.js';
import { oneLine } from './cli/one-line.js';

/** Loaded one by one: a call needs no server, and the server needs no client. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./cli/serve.js')).serveCommand(),
  demo: async () => (await import('./cli/demo.js')).demoCommand(),
  phone: async () => (await import('./cli/phone.js')).phoneCommand(),
  list: async () => (await import('./cli/list.js')).listCommand(),
  record: async () => (await import('./cli/record.js')).recordCommand(),
  route: async () => (await import('./cli/route.js')).routeCommand(),
  user: async () => (await import('./cli/user.js')).userCommand(),
  health: async () => (await import('./cli/health.js')).healthCommand(),
};

async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('personguide')
    .description('a people directory: its server, and a client for the command line')
    .version(packageVersion())
    .addHelpText('after', `\nExample:\n  personguide serve --demo\n\n${exitCodeHelp()}`);
  const named = args[0] !== undefined && Object.hasOwn(commands, args[0]) ? [args[0]] : undefined;
  for (const name of named ?? Object.keys(commands)) {
    const command = await commands[name]?.();
    if (command !== undefined) program.addCommand(command);
  }
  throwInsteadOfExit(program);
  return program;
}

/** Makes the parser throw when it is done, and write each error as one line. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      write(`personguide: ${oneLine(text.replace(/^error: /, ''))}\n`);
    },
  });
  command.commands.forEach(throwInsteadOfExit);
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  // Failures are one line; Node.js warns about grpc-js's TLS to IP addresses (DEP0123).
  process.noDeprecation = true;
  // A reader that has seen enough (`| head`) is no failure; commands that write much stop by it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const program = await programFor(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const { code, line } = endingOf(error);
    if (line !== '') process.stderr.write(`personguide: ${line}\n`);
    process.exitCode = code;
  }
}

void main(process.argv.slice(2));
