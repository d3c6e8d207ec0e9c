import { CommanderError } from 'commander';
import { ConfigError } from '../config.js';
import { exitCode, type ExitCode } from './exit-code.js';
import { oneLine } from './one-line.js';

/** A failure that the user can do something about: one line and an exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ExitCode;

  /** The process ends with that code; an empty message says nothing. */
  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How the process ends, and what it says on standard error. */
export interface Ending {
  readonly code: ExitCode;
  /** One line without a line break; empty when there is nothing to say. */
  readonly line: string;
}

/** Turns whatever a command threw into the end of the process. */
export function endingOf(error: unknown): Ending {
  // The parser has already written its own line, or the help that was asked for.
  if (error instanceof CommanderError) {
    return { code: error.exitCode === 0 ? exitCode.ok : exitCode.usage, line: '' };
  }
  const line = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof Failure) return { code: error.code, line };
  if (error instanceof ConfigError) return { code: exitCode.usage, line };
  if (isExplained(error)) return { code: exitCode.unexpected, line };
  return { code: exitCode.unexpected, line: `unexpected error: ${line}` };
}

/** Errors of the server say themselves what to do. By name: loading their classes loads it. */
function isExplained(error: unknown): boolean {
  return error instanceof Error && ['StartError', 'DirectoryError'].includes(error.name);
}
