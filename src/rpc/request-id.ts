import { randomBytes } from 'node:crypto';
import { headerText, type Headers } from './headers.js';

const USABLE = /^[A-Za-z0-9._-]{1,64}$/;
const PREFIX = randomBytes(6).toString('hex');
let created = 0;

/** The client's `x-request-id` if it is 1 to 64 of `A-Z a-z 0-9 . _ -`, else a new unique one. */
export function requestIdOf(headers: Headers): string {
  const sent = headerText(headers, 'x-request-id');
  if (sent !== undefined && USABLE.test(sent)) return sent;
  created += 1;
  return `${PREFIX}-${created.toString(36)}`;
}
