/**
 * Whether a call may be retried when its outcome is unknown: `never`; `always`, since it changes
 * nothing; or `with-key`, since the server applies an idempotency key only once.
 */
export type RetrySafety = 'never' | 'always' | 'with-key';

/**
 * How safe it is to retry a method, by `option idempotency_level` of its proto: NO_SIDE_EFFECTS is
 * `always`, IDEMPOTENT is `with-key`, and a method without the option is `never`.
 */
export function retrySafetyOf(protoOptions: object): RetrySafety {
  const level = 'idempotencyLevel' in protoOptions ? protoOptions.idempotencyLevel : undefined;
  if (level === 'NO_SIDE_EFFECTS') return 'always';
  return level === 'IDEMPOTENT' ? 'with-key' : 'never';
}
