import { BadRequest, ErrorInfo, RetryInfo } from '../../../../gen/google/rpc/error_details.js';

/** One invalid field of a request. */
export interface Violation {
  /** The path of the field as the proto spells it, such as `emails[0].address`. */
  readonly field: string;
  readonly description: string;
}

/** What an error comes with besides its code and text. */
interface Details {
  reason?: string;
  info?: Readonly<Record<string, string>>;
  violations?: readonly Violation[];
  retryDelayMs?: number;
}

/** A call that failed. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** As Connect spells it, such as `not_found`. */
  readonly code: string;
  /** Such as `ETAG_MISMATCH`; empty if the server gave none. */
  readonly reason: string;
  /** What the reason comes with, such as the current `etag`. */
  readonly info: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
  /** How long the server asks to wait before the call is made again. */
  readonly retryDelayMs: number | undefined;

  constructor(code: string, message: string, details: Details = {}) {
    super(message);
    this.code = code;
    this.reason = details.reason ?? '';
    this.info = details.info ?? {};
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
  }

  /** Whether the server could not be reached, is busy or is about to stop: try again later. */
  get isTransient(): boolean {
    return ['unavailable', 'resource_exhausted', 'deadline_exceeded'].includes(this.code);
  }
}

/** The error of a response that is not Connect's, such as that of a proxy. */
export function httpError(status: number): CallError {
  const code = status === 401 ? 'unauthenticated' : status >= 500 ? 'unavailable' : 'unknown';
  return new CallError(code, `the server answered with HTTP ${status}`);
}

/** The error of a server that did not answer. */
export function unreachable(): CallError {
  return new CallError('unavailable', 'the server cannot be reached');
}

/** Reads an error as Connect writes it; undefined if it is not one. */
export function errorOf(json: unknown): CallError | undefined {
  if (!isObject(json) || typeof json['code'] !== 'string') return undefined;
  const { code, message, details } = json;
  const parts = Array.isArray(details) ? details.map(detailOf) : [];
  return new CallError(
    code,
    typeof message === 'string' && message !== '' ? message : code.replaceAll('_', ' '),
    Object.assign({}, ...parts) as Details,
  );
}

function detailOf(detail: unknown): Details {
  if (!isObject(detail) || typeof detail['value'] !== 'string') return {};
  try {
    return decoded(String(detail['type']), fromBase64(detail['value']));
  } catch {
    // Details only add to the code and the text.
    return {};
  }
}

function decoded(type: string, bytes: Uint8Array): Details {
  switch (type) {
    case 'google.rpc.ErrorInfo': {
      const { reason, metadata } = ErrorInfo.decode(bytes);
      return { reason, info: metadata };
    }
    case 'google.rpc.BadRequest':
      return { violations: BadRequest.decode(bytes).fieldViolations };
    case 'google.rpc.RetryInfo': {
      const { retryDelay } = RetryInfo.decode(bytes);
      const seconds = retryDelay?.seconds.toNumber() ?? 0;
      return { retryDelayMs: seconds * 1000 + (retryDelay?.nanos ?? 0) / 1_000_000 };
    }
    default:
      return {};
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
