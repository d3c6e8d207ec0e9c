import { randomBytes } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';

const usable = /^[A-Za-z0-9._-]{1,64}$/;
const prefix = randomBytes(6).toString('hex');
let made = 0;

/** The client's `x-request-id` if it is 1 to 64 of `A-Z a-z 0-9 . _ -`, else a new unique one. */
export function requestIdOf(metadata: Metadata): string {
  const [sent] = metadata.get('x-request-id');
  if (typeof sent === 'string' && usable.test(sent)) return sent;
  made += 1;
  return `${prefix}-${made.toString(36)}`;
}
