import { RpcError } from '../index.js';
import { exitCodeOfStatus } from './exit-code.js';
import { CliError } from './cli-error.js';
import { fieldsLine } from './one-line.js';

/**
 * Turns the RpcError of a call into a CliError; returns any other error unchanged. `placeOf` maps
 * the index of a sent person to its place in a file, which then begins the message.
 */
export function toCliError(error: unknown, placeOf?: (index: number) => string): unknown {
  if (!(error instanceof RpcError)) return error;
  const { codeName, message, method, violations } = error;
  const place = placeOf && placeOfInvalid(error, placeOf);
  const line =
    violations.length === 0
      ? message
      : `${place ?? ''}${method.slice(method.lastIndexOf('/') + 1)} ${codeName}: ${fieldsLine(violations)}`;
  return new CliError(exitCodeOfStatus(codeName), line, { cause: error });
}

/** The server names an invalid person of a stream by its index: `people[3].email`. */
function placeOfInvalid(
  { violations }: RpcError,
  placeOf: (index: number) => string,
): string | undefined {
  const index = /^people\[(\d+)\]/.exec(violations[0]?.field ?? '')?.[1];
  return index === undefined ? undefined : `${placeOf(Number(index))}: `;
}
