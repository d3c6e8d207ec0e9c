import { Command, InvalidArgumentError, Option } from 'commander';
import { isTargetAddress } from '../client/target.js';
import { parseDuration } from '../config.js';
import { exitCodeHelp } from './exit-code.js';

/** The options that every client command has. */
export interface ClientOptions {
  /** Each as HOST:PORT or dns:///NAME:PORT. */
  readonly address: readonly string[];
  /** In milliseconds. */
  readonly timeout?: number;
  readonly json?: true;
  readonly tls?: true;
  readonly tlsCa?: string;
  readonly token?: string;
}

/** What `--help` says about a command. */
interface CommandHelp {
  /** A few words for the list of commands; the description if it is left out. */
  readonly summary?: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** Said between the options and the examples. */
  readonly note?: string;
  /** The options that other commands do not have; shown before those that all have. */
  readonly options?: readonly Option[];
}

/** A command that calls a server: it has the options of all such commands, and examples. */
export function clientCommand(name: string, help: CommandHelp): Command {
  const { description, summary = description, examples, note, options = [] } = help;
  const notes = note === undefined ? '' : `${note}\n\n`;
  const command = new Command(name)
    .summary(summary)
    .description(description)
    .addHelpText('after', `\n${notes}Example:\n  ${examples.join('\n  ')}\n\n${exitCodeHelp()}`);
  for (const option of options) command.addOption(option);
  for (const option of connectionOptions()) {
    command.addOption(option.helpGroup('Connection and output:'));
  }
  return command;
}

function connectionOptions(): Option[] {
  return [
    new Option('--address <host:port>', 'the server, or several with commas between them')
      .env('PERSONGUIDE_ADDRESS')
      .default(['localhost:50051'], 'localhost:50051')
      .argParser(parseAddresses),
    new Option(
      '--timeout <duration>',
      'how long a call may take, such as 800ms, 10s or 1m (default: 10s for a single answer, ' +
        'no limit for list, record and route)',
    ).argParser(parseTimeoutMs),
    new Option('--json', 'one JSON document on each line'),
    new Option('--tls', 'encrypt, and trust the authorities that Node.js trusts'),
    new Option('--tls-ca <file>', 'encrypt, and trust the PEM certificates of this file'),
    new Option('--token <token>', 'sent as a bearer token; only with TLS or to this machine').env(
      'PERSONGUIDE_TOKEN',
    ),
  ];
}

function parseAddresses(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim());
  if (!addresses.every(isTargetAddress)) throw new InvalidArgumentError('It must be HOST:PORT.');
  return addresses;
}

function parseTimeoutMs(text: string): number {
  try {
    const timeoutMs = parseDuration(text);
    if (timeoutMs > 0) return timeoutMs;
  } catch {
    // The same text for both.
  }
  throw new InvalidArgumentError('It must be a duration above zero, such as 800ms, 10s or 1m.');
}
