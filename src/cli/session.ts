import { readClientTls, unknownVariables } from '../config.js';
import { connect, type CallOptions, type Directory, type TlsOptions } from '../index.js';
import { CliError } from './cli-error.js';
import type { ClientOptions } from './client-command.js';
import { toCliError } from './call-error.js';
import { exitCode } from './exit-code.js';
import type { View } from './format.js';
import { openOutput, outputError, type Output } from './output.js';
import { Table } from './table.js';
import { warn } from './warn.js';
import { terminalOf, type Terminal } from './terminal.js';

/** A list of messages on standard output. */
export interface Rows<T> {
  /** Writes a message, or holds it back for a moment to set the widths of the columns. */
  add(message: T): Promise<void>;
  /** Writes what is held back. */
  end(): Promise<void>;
}

/** What a command uses while it runs. */
export interface Session {
  readonly directory: Directory;
  /** Options for each call: `--timeout`, and a signal that Ctrl+C and a closed output abort. */
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Writes a document: `json` with `--json`, otherwise `text`. */
  readonly print: (json: unknown, text: string) => Promise<void>;
  /** Writes messages as they arrive: as JSON with `--json`, otherwise as a table. */
  readonly printAll: <T>(view: View<T>, messages: Iterable<T> | AsyncIterable<T>) => Promise<void>;
  /** Begins a list that printAll() would write, for messages that arrive by calls. */
  readonly openRows: <T>(view: View<T>) => Rows<T>;
  /** Standard output, for text that is neither a document nor a table. */
  readonly out: Output;
  /** Writes a line between messages; does nothing with `--json`. */
  readonly heading: (text: string) => Promise<void>;
  /**
   * Writes a line on standard error: what the command has done. With `--json`, only if standard
   * error is a terminal.
   */
  readonly summary: (text: string) => void;
  /** Sets what Ctrl+C reports from now on: what was and what was not done. */
  readonly onInterrupt: (describe: () => string) => void;
  /** Describes standard output. */
  readonly terminal: Terminal;
  /** Whether `--json` is set. */
  readonly json: boolean;
  /** Whether a server has been connected since the start. */
  readonly isConnected: () => boolean;
}

/**
 * Runs a command with a connection to the server that the options name, and disconnects at the end.
 * Rejects with a CliError for every error that the user can act on.
 */
export async function withSession(
  options: ClientOptions,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  for (const warning of unknownVariables()) warn(warning);
  let describe: (() => string) | undefined;
  const interrupted = (): CliError =>
    new CliError(exitCode.interrupted, ['interrupted', describe?.()].filter(Boolean).join('; '));
  await withInterrupt(interrupted, async (signal) => {
    const out = openOutput(process.stdout, signal);
    let connected = false;
    const directory = connectTo(options, () => (connected = true));
    try {
      await run({
        directory,
        call: { signal, ...(options.timeout !== undefined && { timeoutMs: options.timeout }) },
        ...printerOf(options.json === true, out),
        isConnected: () => connected,
        onInterrupt: (newDescribe) => {
          describe = newDescribe;
        },
      });
      await out.flush();
    } finally {
      directory.close();
    }
  });
}

/** How a command prints to an output. */
export function printerOf(
  json: boolean,
  out: Output,
): Omit<Session, 'directory' | 'call' | 'isConnected' | 'onInterrupt'> {
  const terminal = terminalOf(process.stdout);
  const openRows = <T>(view: View<T>): Rows<T> =>
    json ? jsonRows(view, out) : new Table(view.columns, out, terminal);
  return {
    terminal,
    json,
    out,
    openRows,
    print: (document, text) => out.line(json ? JSON.stringify(document) : text),
    printAll: (view, messages) => printRows(openRows(view), messages),
    heading: async (text) => {
      if (!json) await out.line(text);
    },
    summary: (text) => {
      if (!json || process.stderr.isTTY) process.stderr.write(`${text}\n`);
    },
  };
}

function jsonRows<T>(view: View<T>, out: Output): Rows<T> {
  return {
    add: (message) => out.line(JSON.stringify(view.json(message))),
    end: () => Promise.resolve(),
  };
}

async function printRows<T>(
  rows: Rows<T>,
  messages: Iterable<T> | AsyncIterable<T>,
): Promise<void> {
  try {
    for await (const message of messages) await rows.add(message);
  } catch (error) {
    // The rows that arrived are shown; the error is reported after them.
    await rows.end().catch(() => undefined);
    throw error;
  }
  await rows.end();
}

/** Runs the work with a signal that Ctrl+C and a closed output abort. */
async function withInterrupt(
  interrupted: () => CliError,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const onInterrupt = (): void => {
    aborter.abort(interrupted());
  };
  const onOutputError = (error: Error): void => {
    aborter.abort(outputError(error));
  };
  // Only once: at a second Ctrl+C, Node ends the process immediately.
  process.once('SIGINT', onInterrupt);
  process.stdout.on('error', onOutputError);
  try {
    await work(signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : toCliError(error);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    process.stdout.removeListener('error', onOutputError);
  }
}

function connectTo(options: ClientOptions, onConnected: () => void): Directory {
  try {
    return connect(options.address, {
      tls: tlsOf(options),
      token: options.token,
      onStateChange: (state) => {
        if (state === 'READY') onConnected();
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(exitCode.usage, error.message, { cause: error });
  }
}

function tlsOf({ tls, tlsCa, tlsCert, tlsKey }: ClientOptions): boolean | TlsOptions {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] =
      tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert'];
    throw new CliError(exitCode.usage, `${given} needs ${missing}`);
  }
  if ((tlsCa ?? tlsCert) === undefined) return tls ?? readClientTls();
  return { ca: tlsCa, cert: tlsCert, key: tlsKey };
}
