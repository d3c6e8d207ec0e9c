import { status, type StatusObject } from '@grpc/grpc-js';
import { CLOSED_SESSION } from './grpc-js-texts.js';

/**
 * The status of a call, with UNAVAILABLE if the connection ended under it. grpc-js reports
 * UNAVAILABLE for sockets that break, but INTERNAL if the server closes the HTTP/2 session with an
 * error. Node does so with clients that cancel more than 1,000 calls in a burst, or 33 a second for
 * long (https://nodejs.org/api/http2.html, streamResetBurst).
 */
export function withClosedSession(end: StatusObject): StatusObject {
  if (end.code !== status.INTERNAL || !CLOSED_SESSION.test(end.details)) return end;
  return { ...end, code: status.UNAVAILABLE };
}
