import { Command, Option } from 'commander';
import type { RunningServer } from 'personguide/server';
import { serveUntilSignal, type ServeOptions } from './serve.js';

/** A companion: services that can be demonstrated and served. */
export interface Companion<Flags extends ServeOptions> {
  readonly name: string;
  readonly summary: string;
  /** Starts the services, calls them, prints the responses, and stops them. Default: no command. */
  readonly converse?: (print: (line: string) => void) => Promise<void>;
  /** The default address, as HOST:PORT. */
  readonly listen: string;
  /** The options of `serve` besides those that all companions have. */
  readonly options?: readonly Option[];
  readonly start: (flags: Flags) => Promise<Pick<RunningServer, 'stop' | 'stopNow'>>;
  /** The arguments of a complete example: `serve --listen ...`. */
  readonly example: string;
}

/** Makes the commands `NAME` and `NAME serve` of a companion. */
export function companionCommand<Flags extends ServeOptions>(companion: Companion<Flags>): Command {
  const { name, summary, converse } = companion;
  const command = new Command(name).description(summary);
  if (converse !== undefined) {
    command.addHelpText('after', exampleText(name)).action(() => converse(printLine));
  }
  return command.addCommand(serveCommand(companion));
}

function serveCommand<Flags extends ServeOptions>(companion: Companion<Flags>): Command {
  const { name, listen, options = [], start, example } = companion;
  const command = new Command('serve')
    .description(
      'run until SIGTERM or SIGINT; the log on standard output has a JSON object per line',
    )
    .option('--listen <host:port...>', 'address, may be repeated; port 0 selects a free one', [
      listen,
    ])
    .option('--insecure', 'allow addresses beyond loopback, in plain text', false)
    .addOption(
      new Option('--until-input-ends', 'also stop when standard input ends').default(false),
    )
    .addHelpText('after', exampleText(`${name} ${example}`))
    .action((flags: Flags) => serveUntilSignal(() => start(flags), flags));
  for (const option of options) command.addOption(option);
  return command;
}

function exampleText(args: string): string {
  return `\nExample:\n  npm run example -- ${args}`;
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
