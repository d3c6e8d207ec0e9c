import { RpcError, type FieldViolation } from '../index.js';
import { CliError } from './cli-error.js';
import { exitCodeOfStatus } from './exit-code.js';
import { fieldsLine } from './one-line.js';

/** Where the people of a call are in a file. */
export interface FilePosition {
  /** The place of the person with that index (from 0) in the file. */
  readonly placeOf: (index: number) => string;
  /** The index of the first person of the call. */
  readonly start: number;
}

/**
 * Turns the RpcError of a call into a CliError; returns any other error unchanged. With a position,
 * the message begins with the place of an invalid person, and counts from the start of the file.
 */
export function toCliError(error: unknown, position?: FilePosition): unknown {
  if (!(error instanceof RpcError)) return error;
  const { codeName, message, method } = error;
  const violations = error.violations.map((violation) => shifted(violation, position?.start ?? 0));
  const line =
    violations.length === 0
      ? message
      : `${placeOf(violations, position)}${method.slice(method.lastIndexOf('/') + 1)} ${codeName}: ${fieldsLine(violations)}`;
  return new CliError(exitCodeOfStatus(codeName), line, { cause: error });
}

/** The server names an invalid person of a stream by its index: `people[3].email`. */
const PERSON_INDEX = /^people\[(\d+)\]/;

function shifted({ field, description }: FieldViolation, start: number): FieldViolation {
  const shiftedField = field.replace(
    PERSON_INDEX,
    (_, index: string) => `people[${start + Number(index)}]`,
  );
  return { field: shiftedField, description };
}

function placeOf(violations: readonly FieldViolation[], position?: FilePosition): string {
  const index = PERSON_INDEX.exec(violations[0]?.field ?? '')?.[1];
  return index === undefined || position === undefined
    ? ''
    : `${position.placeOf(Number(index))}: `;
}
