import { status, type StatusObject } from '@grpc/grpc-js';

/** What grpc-js says of calls whose connection ended with an HTTP/2 error. */
const CLOSED_SESSION = /^Received RST_STREAM .*: Session closed with error code/;

/**
 * The end of a call, with UNAVAILABLE for a connection that ended under it. grpc-js says so for
 * sockets that break, and INTERNAL when the server closes the HTTP/2 session with an error: as Node
 * does with clients that cancel more than 1,000 calls at once, or 33 a second for long
 * (https://nodejs.org/api/http2.html, streamResetBurst).
 */
export function withClosedSession(end: StatusObject): StatusObject {
  if (end.code !== status.INTERNAL || !CLOSED_SESSION.test(end.details)) return end;
  return { ...end, code: status.UNAVAILABLE };
}
