import { Command, Option } from 'commander';
import type { RunningServer } from 'personguide/server';
import { serveUntilSignal, type ServeOptions } from './serve.js';

/** A system that can be shown and served. */
export interface Companion<Flags extends ServeOptions> {
  readonly name: string;
  readonly summary: string;
  /** Starts what is needed, shows what it does, stops it; undefined if others show it. */
  readonly converse?: (say: (line: string) => void) => Promise<void>;
  readonly listen: string;
  /** What `serve` takes besides --listen and --insecure. */
  readonly options?: readonly Option[];
  readonly start: (flags: Flags) => Promise<Pick<RunningServer, 'stop' | 'stopNow'>>;
  /** A full example of `serve` and its flags. */
  readonly example: string;
}

/** The commands `NAME` and `NAME serve` of a companion. */
export function companionCommand<Flags extends ServeOptions>(companion: Companion<Flags>): Command {
  const { name, summary, converse } = companion;
  const command = new Command(name).description(summary);
  if (converse !== undefined) {
    command.addHelpText('after', exampleText(name)).action(() => converse(say));
  }
  return command.addCommand(serveCommand(companion));
}

function serveCommand<Flags extends ServeOptions>(companion: Companion<Flags>): Command {
  const { name, listen, options = [], start, example } = companion;
  const command = new Command('serve')
    .description('keep it up until SIGTERM or SIGINT; log lines are JSON on standard output')
    .option('--listen <host:port...>', 'address, may be repeated; port 0 takes a free one', [
      listen,
    ])
    .option('--insecure', 'allow addresses beyond loopback, in plain text', false)
    .addOption(
      new Option('--until-input-ends', 'stop when the standard input ends, too').default(false),
    )
    .addHelpText('after', exampleText(`${name} ${example}`))
    .action((flags: Flags) => serveUntilSignal(() => start(flags), flags));
  for (const option of options) command.addOption(option);
  return command;
}

function exampleText(args: string): string {
  return `\nExample:\n  npm run example -- ${args}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
