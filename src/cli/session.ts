import { connect, type CallOptions, type Directory } from '../index.js';
import type { ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { CliError } from './cli-error.js';
import { openOutput, outputError } from './output.js';
import { toCliError } from './call-error.js';

/** What a command uses while it runs. */
export interface Session {
  readonly directory: Directory;
  /** Options for each call: `--timeout`, and a signal that Ctrl+C and a closed output abort. */
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Writes a message: as JSON with `--json`, otherwise as the line that `format` returns. */
  readonly print: <T>(
    type: JsonType<T>,
    message: T,
    format: (message: T) => string,
  ) => Promise<void>;
  /** Writes a line between messages; does nothing with `--json`. */
  readonly heading: (text: string) => Promise<void>;
}

/** The part of a generated message type that turns messages into JSON. */
interface JsonType<T> {
  toJSON(message: T): unknown;
}

/**
 * Runs a command with a connection to the server that the options name, and disconnects at the end.
 * Rejects with a CliError for every error that the user can act on.
 */
export async function withSession(
  options: ClientOptions,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  await withInterrupt(async (signal) => {
    const out = openOutput(process.stdout, signal);
    const directory = connectTo(options);
    try {
      await run({
        directory,
        call: { signal, ...(options.timeout !== undefined && { timeoutMs: options.timeout }) },
        print: (type, message, format) =>
          out.line(options.json ? JSON.stringify(type.toJSON(message)) : format(message)),
        heading: async (text) => {
          if (!options.json) await out.line(text);
        },
      });
      await out.flush();
    } finally {
      directory.close();
    }
  });
}

/** Runs the work with a signal that Ctrl+C and a closed output abort. */
async function withInterrupt(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const onInterrupt = (): void => {
    aborter.abort(new CliError(exitCode.interrupted, 'interrupted'));
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

function connectTo({ address, tls, tlsCa, token }: ClientOptions): Directory {
  try {
    return connect(address, { tls: tlsCa === undefined ? tls : { ca: tlsCa }, token });
  } catch (error) {
    throw new CliError(exitCode.usage, (error as Error).message, { cause: error });
  }
}
