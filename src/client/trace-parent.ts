import { randomBytes } from 'node:crypto';

/** Version, trace id, parent id and flags; versions above 00 may append more. */
const PATTERN = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

const ALL_ZERO = /^0+$/;

/**
 * The `traceparent` of an outgoing call: the same trace and flags, with a new parent id. Undefined
 * unless there is exactly one valid value (https://www.w3.org/TR/trace-context/#traceparent-header).
 */
export function childOf(values: readonly (string | Buffer)[]): string | undefined {
  const [value, ...others] = values;
  if (typeof value !== 'string' || others.length > 0) return undefined;
  const [, version, traceId = '', parentId = '', flags, more] = PATTERN.exec(value) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(parentId)) return undefined;
  // A sender writes the version that it knows, also when it received a later one.
  return `00-${traceId}-${newParentId()}-${flags}`;
}

function newParentId(): string {
  const id = randomBytes(8).toString('hex');
  return ALL_ZERO.test(id) ? newParentId() : id;
}
