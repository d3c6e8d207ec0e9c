import { CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { exitCode, type ExitCode } from './exit-code.js';
import { oneLine } from './one-line.js';

/** An error that the user can act on: one line and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: ExitCode;

  /** The process exits with that code. With an empty message it prints nothing. */
  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How the process exits, and what it prints on standard error. */
export interface Exit {
  readonly code: ExitCode;
  /** One line, without its line break; empty if nothing is printed. */
  readonly line: string;
}

/** Turns an error of a command into the exit of the process. */
export function exitOf(error: unknown): Exit {
  // The parser has already printed its error, or the requested help.
  if (error instanceof CommanderError) {
    return { code: error.exitCode === 0 ? exitCode.ok : exitCode.usage, line: '' };
  }
  const line = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof CliError) return { code: error.code, line };
  if (error instanceof ConfigError) return { code: exitCode.usage, line };
  if (isExpected(error)) return { code: exitCode.unexpected, line };
  return { code: exitCode.unexpected, line: `unexpected error: ${line}` };
}

/**
 * Messages of these errors of the server are meant for the user. They are recognized by name,
 * because importing their classes would load the server.
 */
function isExpected(error: unknown): boolean {
  return error instanceof Error && ['StartError', 'DirectoryError'].includes(error.name);
}
