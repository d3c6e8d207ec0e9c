/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, `Timeout` */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The longest timeout in whole hours that fits a timer of Node: 24.8 days. */
export const LONGEST_TIMEOUT = '596H';
const LONGEST_TIMEOUT_MS = 596 * UNIT_MS.H;

/** How a server treats a `grpc-timeout`. */
export type Timeout = 'valid' | 'malformed' | 'passed' | 'too-long';

/** Reads a `grpc-timeout`. One below a millisecond has passed: grpc-js counts in milliseconds. */
export function judgeTimeout(text: string): Timeout {
  const [, digits, unit] = TIMEOUT.exec(text) ?? [];
  if (digits === undefined) return 'malformed';
  const ms = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (ms < 1) return 'passed';
  return ms > LONGEST_TIMEOUT_MS ? 'too-long' : 'valid';
}
