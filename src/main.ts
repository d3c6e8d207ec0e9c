#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { exitCodeHelp } from './cli/exit-code.js';
import { exitOf } from './cli/cli-error.js';
import { oneLine } from './cli/one-line.js';

/** Each is loaded only when it is used: a call does not need the server's modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./cli/serve.js')).serveCommand(),
  migrate: async () => (await import('./cli/migrate.js')).migrateCommand(),
  backup: async () => (await import('./cli/backup.js')).backupCommand(),
  restore: async () => (await import('./cli/restore.js')).restoreCommand(),
  recover: async () => (await import('./cli/recover.js')).recoverCommand(),
  copy: async () => (await import('./cli/copy.js')).copyCommand(),
  demo: async () => (await import('./cli/demo.js')).demoCommand(),
  get: async () => (await import('./cli/get.js')).getCommand(),
  add: async () => (await import('./cli/add.js')).addCommand(),
  edit: async () => (await import('./cli/edit.js')).editCommand(),
  rm: async () => (await import('./cli/rm.js')).rmCommand(),
  undelete: async () => (await import('./cli/undelete.js')).undeleteCommand(),
  search: async () => (await import('./cli/search.js')).searchCommand(),
  watch: async () => (await import('./cli/watch.js')).watchCommand(),
  import: async () => (await import('./cli/import.js')).importCommand(),
  export: async () => (await import('./cli/export.js')).exportCommand(),
  phone: async () => (await import('./cli/phone.js')).phoneCommand(),
  list: async () => (await import('./cli/list.js')).listCommand(),
  record: async () => (await import('./cli/record.js')).recordCommand(),
  route: async () => (await import('./cli/route.js')).routeCommand(),
  user: async () => (await import('./cli/user.js')).userCommand(),
  keys: async () => (await import('./cli/keys.js')).keysCommand(),
  health: async () => (await import('./cli/health.js')).healthCommand(),
  completion: async () =>
    (await import('./cli/completion.js')).completionCommand(() => programFor([])),
};

async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('personguide')
    .description('a people directory: its server, and a command-line client')
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

/** Makes the parser throw instead of calling process.exit(), and write each error as one line. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      write(`personguide: ${oneLine(text.replace(/^error: /, ''))}\n`);
    },
  });
  command.commands.forEach(throwInsteadOfExit);
}

/** `help user add` -> `user add --help`: commander's own command ignores the second name. */
function withoutHelpCommand(args: readonly string[]): readonly string[] {
  const [first, ...names] = args;
  if (first !== 'help') return args;
  // The parser reports an unknown command, but not together with --help.
  const isKnown = names[0] === undefined || Object.hasOwn(commands, names[0]);
  return isKnown ? [...names, '--help'] : names;
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  // Node warns when grpc-js uses TLS to an IP address (DEP0123); errors must be a single line.
  process.noDeprecation = true;
  // A closed output (`| head`) is not an error; commands that write much detect it and stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const commandLine = withoutHelpCommand(args);
    const program = await programFor(commandLine);
    await program.parseAsync(commandLine, { from: 'user' });
  } catch (error) {
    const { code, line } = exitOf(error);
    if (line !== '') process.stderr.write(`personguide: ${line}\n`);
    process.exitCode = code;
  }
}

void main(process.argv.slice(2));
