import { RpcError } from '../index.js';
import { exitCodeOfStatus } from './exit-code.js';
import { Failure } from './failure.js';
import { fieldsLine } from './one-line.js';

/**
 * What a failed call means for the command; anything but an RpcError is given back as it is.
 * `placeOf` tells where in a file the person of an index stands.
 */
export function toFailure(error: unknown, placeOf?: (index: number) => string): unknown {
  if (!(error instanceof RpcError)) return error;
  const { codeName, message, method, violations } = error;
  const place = placeOf && placeOfRefused(error, placeOf);
  const line =
    violations.length === 0
      ? message
      : `${place ?? ''}${method.slice(method.lastIndexOf('/') + 1)} ${codeName}: ${fieldsLine(violations)}`;
  return new Failure(exitCodeOfStatus(codeName), line, { cause: error });
}

/** The server names a person of a stream by its index: `people[3].email`. */
function placeOfRefused(
  { violations }: RpcError,
  placeOf: (index: number) => string,
): string | undefined {
  const index = /^people\[(\d+)\]/.exec(violations[0]?.field ?? '')?.[1];
  return index === undefined ? undefined : `${placeOf(Number(index))}: `;
}
