import { Command, InvalidArgumentError, Option } from 'commander';
import { isTargetAddress } from '../client/target.js';
import { clientVariables, parseDuration } from '../config.js';
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
  readonly tlsCert?: string;
  readonly tlsKey?: string;
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
      .env(clientVariables.address)
      .default(['localhost:50051'], 'localhost:50051')
      .argParser(parseAddresses),
    new Option(
      '--timeout <duration>',
      'how long a call may take, such as 800ms, 10s or 1m; a bare number is seconds (default: ' +
        '10s; no limit for list, record, route, export, import and watch)',
    ).argParser(parseTimeoutMs),
    new Option('--json', 'print one JSON document per line'),
    // Session reads its variable, which may say false.
    new Option(
      '--tls',
      `use TLS, and trust the authorities that Node.js trusts (env: ${clientVariables.tls})`,
    ),
    new Option('--tls-ca <file>', 'use TLS, and trust the PEM certificates in this file').env(
      clientVariables.tlsCa,
    ),
    new Option('--tls-cert <file>', 'use TLS with this PEM client certificate').env(
      clientVariables.tlsCert,
    ),
    new Option('--tls-key <file>', 'PEM private key of --tls-cert').env(clientVariables.tlsKey),
    new Option(
      '--token <token>',
      'bearer token; requires TLS unless the server is on this machine',
    ).env(clientVariables.token),
  ];
}

function parseAddresses(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim());
  if (!addresses.every(isTargetAddress)) throw new InvalidArgumentError('It must be HOST:PORT.');
  return addresses;
}

function parseTimeoutMs(text: string): number {
  try {
    const timeoutMs = parseDuration(/^[\d.]+$/.test(text) ? `${text}s` : text);
    if (timeoutMs > 0) return timeoutMs;
  } catch {
    // Both kinds of invalid text get the same message.
  }
  throw new InvalidArgumentError('It must be a duration above zero, such as 800ms, 10s or 1m.');
}
