import { connect, type CallOptions, type Directory } from '../index.js';
import type { ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { Failure } from './failure.js';
import { openOutput, outputFailure } from './output.js';
import { toFailure } from './rpc-failure.js';

/** What a command works with. */
export interface Session {
  readonly directory: Directory;
  /** For each call: it ends with `--timeout`, Ctrl-C and the end of the output. */
  readonly call: CallOptions & { readonly signal: AbortSignal };
  /** Writes a message: as JSON with `--json`, else as the line that `format` makes of it. */
  readonly print: <T>(
    type: JsonType<T>,
    message: T,
    format: (message: T) => string,
  ) => Promise<void>;
  /** Writes a line between messages; nothing with `--json`. */
  readonly heading: (text: string) => Promise<void>;
}

/** The part of a generated message type that turns messages into JSON. */
interface JsonType<T> {
  toJSON(message: T): unknown;
}

/**
 * Runs a command against the server that the options name, and disconnects when it is done.
 * Rejects with a Failure whenever the user can do something about it.
 */
export async function withSession(
  options: ClientOptions,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  await untilUserEnds(async (signal) => {
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

/** Gives the work a signal that Ctrl-C and the end of the output abort. */
async function untilUserEnds(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const aborter = new AbortController();
  const { signal } = aborter;
  const onInterrupt = () => {
    aborter.abort(new Failure(exitCode.interrupted, 'interrupted'));
  };
  const onOutputError = (error: Error) => {
    aborter.abort(outputFailure(error));
  };
  // Once: a second Ctrl-C ends the process at once, as Node.js does by itself.
  process.once('SIGINT', onInterrupt);
  process.stdout.on('error', onOutputError);
  try {
    await work(signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : toFailure(error);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    process.stdout.removeListener('error', onOutputError);
  }
}

function connectTo({ address, tls, tlsCa, token }: ClientOptions): Directory {
  try {
    return connect(address, { tls: tlsCa === undefined ? tls : { ca: tlsCa }, token });
  } catch (error) {
    throw new Failure(exitCode.usage, (error as Error).message, { cause: error });
  }
}
