/**
 * `personguide/server`: the directory's server, and what it is made of, for services of your own.
 * @packageDocumentation
 */
export { DirectoryError, invalid, type Reason, type Violation } from '../directory/errors.js';
export type { Store } from '../directory/store.js';
export type { DirectoryOptions } from '../directory-options.js';
export {
  CallEndedError,
  Code,
  service,
  type BidiStreamHandler,
  type Call,
  type CallStatus,
  type Cancellation,
  type ClientStreamHandler,
  type EndListener,
  type CallOutcome,
  type Handler,
  type Handlers,
  type Headers,
  type IdempotencyKey,
  type Middleware,
  type Principal,
  type PublicError,
  type Requests,
  type Responses,
  type ServerStreamHandler,
  type Service,
  type Trailers,
  type UnaryHandler,
} from '../rpc/index.js';
export { openStore } from '../store/open.js';
export type { KeyStore } from '../directory/store.js';
export type { CallerLimits } from '../config.js';
export { addKey, revokeKey, type KeyRequest, type NewKey } from '../directory/keys.js';
export { directoryScopes } from './auth/directory-scopes.js';
export type { MethodScopes } from './auth/method-rules.js';
export type { ServerAuth } from './auth/open-access.js';
export { StartError, type TlsFiles } from './listen.js';
export { openLog, type Log } from './log.js';
export { directoryServices, startDirectory, type RunningDirectory } from './run.js';
export { startServer, type RunningServer, type ServerOptions } from './start.js';
