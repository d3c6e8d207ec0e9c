import { DirectoryError, type Reason, type Violation } from '../../directory/errors.js';
import type { IdempotencyKey } from '../../directory/store.js';
import type { Outcome } from './group-commit.js';
import type { CommittedGroup, Group, Writer } from './writer.js';
import type { Write, WriteName } from './writes.js';

/** A call of a function of the writer. */
export type Request =
  | { readonly id: number; readonly name: keyof Writer; readonly values: readonly unknown[] }
  | { readonly id: number; readonly writes: PackedWrites };

/** The writes of a group, as columns: an object for each would cross threads in twice the time. */
export interface PackedWrites {
  readonly atMs: number;
  readonly names: readonly WriteName[];
  readonly arguments: readonly unknown[];
  /** Undefined if no write has one. */
  readonly idempotencyKeys: readonly (IdempotencyKey | undefined)[] | undefined;
}

export function packWrites({ atMs, writes }: Group): PackedWrites {
  const hasKeys = writes.some(({ idempotencyKey }) => idempotencyKey !== undefined);
  return {
    atMs,
    names: writes.map(({ name }) => name),
    arguments: writes.map(({ argument }) => argument),
    idempotencyKeys: hasKeys ? writes.map(({ idempotencyKey }) => idempotencyKey) : undefined,
  };
}

export function unpackWrites(packed: PackedWrites): Group {
  return {
    atMs: packed.atMs,
    writes: packed.names.map((name, index) => ({
      name,
      argument: packed.arguments[index] as Write['argument'],
      idempotencyKey: packed.idempotencyKeys?.[index],
    })),
  };
}

/** What it has returned or thrown. */
export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly group: PackedGroup }
  | { readonly id: number; readonly error: PlainError };

/** An error as plain data: a thread would lose the class, and all fields but the message. */
export type PlainError =
  | {
      readonly reason: Reason;
      readonly message: string;
      readonly code: string;
      readonly violations: readonly Violation[];
      readonly retryDelayMs: number | undefined;
      readonly metadata: Readonly<Record<string, string>>;
      readonly cause: unknown;
    }
  | { readonly bug: unknown };

/** The results of a group; those that are bytes are in one buffer, since each costs 1 us. */
export interface PackedGroup extends Omit<CommittedGroup, 'outcomes'> {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each write how many of the bytes are its result, or something else. */
  readonly outcomes: readonly (
    number | { readonly result: unknown } | { readonly error: PlainError }
  )[];
}

export function packGroup({ outcomes, ...rest }: CommittedGroup): PackedGroup {
  return {
    ...rest,
    bytes: joined(outcomes.flatMap((outcome) => bytesOf(outcome) ?? [])),
    outcomes: outcomes.map((outcome) => {
      const length = bytesOf(outcome)?.length;
      if (length !== undefined) return length;
      return 'error' in outcome ? { error: toPlainError(outcome.error) } : outcome;
    }),
  };
}

function joined(results: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = results;
  // A large result is moved, not copied.
  if (results.length === 1 && only !== undefined && isMovable(only)) return only;
  const bytes = new Uint8Array(results.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const result of results) {
    bytes.set(result, end);
    end += result.length;
  }
  return bytes;
}

/** Below this, copying a buffer takes less time than moving it. */
const MIN_MOVED_BYTES = 64 * 1024;

/** Whether the bytes are all that their buffer has, and worth moving to another thread. */
export function isMovable(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  return (
    length >= MIN_MOVED_BYTES && buffer instanceof ArrayBuffer && length > buffer.byteLength / 2
  );
}

export function unpackGroup({ bytes, outcomes, ...rest }: PackedGroup): CommittedGroup {
  // Views of a Buffer are Buffers, which gRPC sends without wrapping them again.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = 0;
  return {
    ...rest,
    outcomes: outcomes.map((outcome) => {
      if (typeof outcome !== 'number') {
        return 'error' in outcome ? { error: toError(outcome.error) } : outcome;
      }
      const start = end;
      end += outcome;
      return { result: buffer.subarray(start, end) };
    }),
  };
}

function bytesOf(outcome: Outcome): Uint8Array | undefined {
  return 'result' in outcome && outcome.result instanceof Uint8Array ? outcome.result : undefined;
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof DirectoryError)) return { bug: asError(error) };
  const { reason, message, code, violations, retryDelayMs, metadata, cause } = error;
  return {
    ...{ reason, message, code, violations, retryDelayMs, metadata },
    cause: cause === undefined ? undefined : asError(cause),
  };
}

/** What can be sent: other fields of errors, such as those of SQLite, are in their messages. */
function asError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const copy = new Error(error.message);
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

export function toError(error: PlainError): unknown {
  if ('bug' in error) return error.bug;
  const { reason, message, retryDelayMs, ...details } = error;
  return new DirectoryError(reason, message, {
    ...details,
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
  });
}
