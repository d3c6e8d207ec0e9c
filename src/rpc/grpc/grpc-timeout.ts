/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, `Timeout` */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Reads a `grpc-timeout`, in whole milliseconds; undefined if it is malformed. */
export function parseTimeout(text: string): number | undefined {
  const [, digits, unit] = TIMEOUT.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Math.floor(Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}
