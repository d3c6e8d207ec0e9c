export type { BidiStreamHandler } from './bidi-stream.js';
export type {
  Call,
  CallOutcome,
  CallStatus,
  CallTrace,
  Cancellation,
  EndListener,
  Protocol,
  Trailers,
} from './call.js';
export { headerText, type Headers } from './headers.js';
export { CallEndedError } from './call-ended-error.js';
export type { Connection } from './connection.js';
export type { ClientStreamHandler } from './client-stream.js';
export { Code } from './code.js';
export { decodeMessage, undecodable } from './decode.js';
export { Dispatcher, type DispatcherOptions } from './dispatcher.js';
export type { IdempotencyKey } from './idempotency.js';
export type { Middleware } from './middleware.js';
export type { Principal } from './principal.js';
export type { Requests } from './requests.js';
export type { Responses } from './responses.js';
export type { ServerStreamHandler } from './server-stream.js';
export { service, type Handler, type Handlers, type Service } from './service.js';
export type { ServerCall } from './server-call.js';
export { isPublicError, plainStatus, type PublicError } from './status.js';
export type { UnaryHandler } from './unary.js';
export type { Wire } from './wire.js';
