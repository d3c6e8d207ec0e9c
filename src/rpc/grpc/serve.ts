import type { Socket } from 'node:net';
import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerOptions,
} from '@grpc/grpc-js';
import { defaultLimits, type Limits } from '../../limits.js';
import type { Dispatcher } from '../dispatcher.js';
import { admission, type OtherStreams, type RefusalListener } from './admit-stream.js';
import {
  admitStreams,
  checkGrpcJs,
  handleUnknownMethods,
  watchSessions,
} from './grpc-js-internals.js';
import { dispatchTo } from './grpc-wire.js';
import { SessionWatch, type KeepaliveOptions } from './session-watch.js';

/** What may be a method of another server, or a misspelt one. */
const METHOD_NAME = /^\/[\w.-]{1,150}\/[\w.-]{1,49}$/;

/** How the calls of a server are carried. */
export interface GrpcServerOptions {
  /** Options of grpc-js. */
  readonly options?: ServerOptions;
  readonly limits?: Limits;
  readonly keepalive?: KeepaliveOptions;
  /** Called for each request that is refused before it is a call. */
  readonly onRefused?: RefusalListener;
  /** Serves streams that are not gRPC requests. Default: they are refused. */
  readonly others?: OtherStreams | undefined;
}

/**
 * A server of grpc-js whose calls go to the dispatcher; it does not listen yet. Throws an Error if
 * the installed grpc-js is not the one that this code can work with.
 */
export function createGrpcServer(
  dispatcher: Dispatcher,
  {
    options = {},
    limits = defaultLimits,
    keepalive,
    onRefused = () => undefined,
    others,
  }: GrpcServerOptions = {},
): Server {
  checkGrpcJs();
  const server = new Server({
    ...options,
    // Channelz counts every call, and takes another way past the functions changed here.
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc.max_connection_idle_ms': limits.connectionIdleMs,
    interceptors: [dispatchTo(dispatcher)],
  });
  const methods = dispatcher.paths.map((path) => [path, methodDefinition(path)] as const);
  server.addService(Object.fromEntries(methods), handlersFor(dispatcher.paths));
  admitStreams(
    server,
    admission(limits, (...call) => dispatcher.isOverloaded(...call), onRefused, others),
  );
  const sessions = new SessionWatch(keepalive);
  watchSessions(server, (session) => {
    sessions.add(session);
  });
  handleUnknownMethods(server, (path) => {
    return {
      path: shownPath(path),
      type: 'bidi',
      func: neverCalled,
      serialize: asIs,
      deserialize: asIs,
    };
  });
  return server;
}

/**
 * Returns what hands a connection to the server: one whose client speaks HTTP/2, and from which
 * nothing has been read. TLS, if any, is already in place: grpc-js sees a TLSSocket.
 */
export function connectTo(server: Server): (socket: Socket) => void {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return (socket) => {
    injector.injectConnection(socket);
  };
}

/** Bytes in, bytes out; and bidirectional, because grpc-js then adds the least of its own. */
function methodDefinition(path: string): MethodDefinition<unknown, unknown> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

function handlersFor(paths: readonly string[]): Record<string, () => void> {
  return Object.fromEntries(paths.map((path) => [path, neverCalled]));
}

/** What is kept of a path that is not the name of a method; clients put emails into them. */
function shownPath(path: string): string {
  return METHOD_NAME.test(path) ? path : '/(invalid)';
}

/** grpc-js must have a handler for each method, although the interceptor takes the call. */
function neverCalled(): void {
  throw new Error('the interceptor did not take the call');
}

function asIs(bytes: unknown): Buffer {
  return bytes as Buffer;
}
