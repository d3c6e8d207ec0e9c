import { Command, InvalidArgumentError, Option } from 'commander';
import { isTargetAddress } from '../client/target.js';
import { parseDuration } from '../config.js';
import { exitCodeHelp } from './exit-code.js';

/** The options of every client command. */
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

/** What `--help` prints about a command. */
interface CommandHelp {
  /** Printed in the list of commands. Default: the description. */
  readonly summary?: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** Printed between the options and the examples. */
  readonly note?: string;
  /** The options of this command alone; listed before those of every command. */
  readonly options?: readonly Option[];
}

/** Makes a command that calls a server: it has the common options, examples and exit codes. */
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
    new Option('--address <host:port>', 'address of the server; separate several with commas')
      .env('PERSONGUIDE_ADDRESS')
      .default(['localhost:50051'], 'localhost:50051')
      .argParser(parseAddresses),
    new Option(
      '--timeout <duration>',
      'how long a call may take, such as 800ms, 10s or 1m (default: 10s; no limit for list, ' +
        'record and route)',
    ).argParser(parseTimeoutMs),
    new Option('--json', 'print one JSON document per line'),
    new Option('--tls', 'use TLS, and trust the authorities that Node.js trusts'),
    new Option('--tls-ca <file>', 'use TLS, and trust the PEM certificates in this file'),
    new Option(
      '--token <token>',
      'bearer token; requires TLS unless the server is on this machine',
    ).env('PERSONGUIDE_TOKEN'),
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
    // Both kinds of invalid text get the same message.
  }
  throw new InvalidArgumentError('It must be a duration above zero, such as 800ms, 10s or 1m.');
}
