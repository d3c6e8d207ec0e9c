import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerOptions,
} from '@grpc/grpc-js';
import { defaultLimits, type Limits } from '../../limits.js';
import type { Dispatcher } from '../dispatcher.js';
import type { CallInit } from '../server-call.js';
import { admission, type OtherStreams, type RefusalListener } from './admit-stream.js';
import {
  checkGrpcJs,
  countStream,
  handleUnknownMethods,
  obstacleToLeanCalls,
  takeStreams,
  watchSessions,
  type StreamTaker,
} from './grpc-js-internals.js';
import { clientOf, readTurns } from './grpc-connection.js';
import { dispatchTo } from './grpc-wire.js';
import { carry } from './lean-wire.js';
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
  /** Leaves all calls to grpc-js. Default: those that are not compressed are carried without it. */
  readonly plainGrpc?: boolean;
  /** Called once if the installed grpc-js does not allow calls without it. */
  readonly onPlainGrpc?: (reason: string) => void;
}

/**
 * A server of grpc-js whose calls go to the dispatcher; it does not listen yet. Throws an Error if
 * the installed grpc-js is not the one that this code can work with.
 */
export function createGrpcServer(dispatcher: Dispatcher, options: GrpcServerOptions = {}): Server {
  checkGrpcJs();
  const { limits = defaultLimits } = options;
  const admitted = new WeakMap<ServerHttp2Stream, CallInit>();
  const server = new Server({
    ...options.options,
    // Channelz counts every call, and takes another way past the functions changed here.
    'grpc.enable_channelz': 0,
    'grpc.max_concurrent_streams': limits.streamsPerConnection,
    'grpc.max_connection_idle_ms': limits.connectionIdleMs,
    interceptors: [dispatchTo(dispatcher, (stream) => initOf(admitted, stream))],
  });
  const methods = dispatcher.paths.map((path) => [path, methodDefinition(path)] as const);
  server.addService(Object.fromEntries(methods), handlersFor(dispatcher.paths));
  takeStreams(server, streamTaker(server, dispatcher, admitted, options));
  const sessions = new SessionWatch(options.keepalive);
  watchSessions(server, (session) => {
    sessions.add(session);
    // Before its first request, so that it is read in turns.
    clientOf(session);
  });
  handleUnknownMethods(server, (path) => {
    return { path, type: 'bidi', func: neverCalled, serialize: asIs, deserialize: asIs };
  });
  return server;
}

/** The way of a new stream: refused, carried without grpc-js, or left to it. */
function streamTaker(
  server: Server,
  dispatcher: Dispatcher,
  admitted: WeakMap<ServerHttp2Stream, CallInit>,
  { limits = defaultLimits, onRefused = () => undefined, others, ...ways }: GrpcServerOptions,
): StreamTaker {
  const paths = new Set(dispatcher.paths);
  const admit = admission({
    limits,
    isOverloaded: (...call) => dispatcher.isOverloaded(...call),
    methodOf: (path) => (paths.has(path) ? path : shownPath(path)),
    onRefused,
    others,
  });
  const isLean = allowsLeanCalls(ways);
  return (stream, headers, rawHeaders, isPlain) => {
    const init = admit(stream, headers, rawHeaders);
    if (init === undefined) return true;
    // Of a method that does not exist, nothing is read.
    const isReadable = !isCompressed(headers) || !paths.has(init.path);
    if (isLean && isPlain && isReadable) {
      countStream(server, stream);
      carry(stream, init, dispatcher);
      return true;
    }
    admitted.set(stream, init);
    return false;
  };
}

function allowsLeanCalls({ plainGrpc = false, onPlainGrpc }: GrpcServerOptions): boolean {
  if (plainGrpc) return false;
  const obstacle = obstacleToLeanCalls();
  if (obstacle !== undefined) onPlainGrpc?.(obstacle);
  return obstacle === undefined;
}

/** Whether the messages of a call may be compressed; the headers of grpc-js announce both ways. */
function isCompressed(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['grpc-encoding'];
  return encoding !== undefined && encoding !== 'identity';
}

function initOf(
  admitted: WeakMap<ServerHttp2Stream, CallInit>,
  stream: ServerHttp2Stream,
): CallInit {
  const init = admitted.get(stream);
  if (init === undefined) throw new Error('grpc-js has a stream that was not admitted');
  return init;
}

/**
 * Returns what hands a connection to the server: one whose client speaks HTTP/2, and from which
 * nothing has been read. TLS, if any, is already in place: grpc-js sees a TLSSocket.
 */
export function connectTo(server: Server): (socket: Socket) => void {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return (socket) => {
    readTurns.whenReadable(() => {
      if (!socket.destroyed) injector.injectConnection(socket);
    });
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
