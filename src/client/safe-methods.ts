/**
 * Whether a call may be made again when its fate is unknown: `never`; `freely`, since it changes
 * nothing; or `with-key`, since the server remembers the idempotency key that comes with it.
 */
export type Repeat = 'never' | 'freely' | 'with-key';

/**
 * Whether a method may be repeated, as its proto says with `option idempotency_level`:
 * NO_SIDE_EFFECTS is freely, IDEMPOTENT is with a key, and a method without it never.
 */
export function repeatOf(protoOptions: object): Repeat {
  const level = 'idempotencyLevel' in protoOptions ? protoOptions.idempotencyLevel : undefined;
  if (level === 'NO_SIDE_EFFECTS') return 'freely';
  return level === 'IDEMPOTENT' ? 'with-key' : 'never';
}
