import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { FramedMessages } from './framed-messages.js';

/**
 * Everything that this server reads or changes in grpc-js beyond its public API. All of it was
 * written against the version below; `checkGrpcJs` makes a server refuse to start if a field has
 * changed, because most of these would fail silently: with `readState` renamed, a recording that was
 * cut off in the middle of a message would be committed.
 */
export const TESTED_VERSION = '1.14.7';

/** What grpc-js keeps of a method (build/src/server-call.d.ts, `Handler`). */
export interface GrpcHandler {
  readonly func: (call: unknown) => void;
  readonly serialize: (value: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly type: 'bidi';
  readonly path: string;
}

type StreamHandler = (
  interceptors: readonly unknown[],
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
) => void;

interface ServerFields {
  handlers: Map<string, GrpcHandler>;
  _sessionHandler: (http2Server: unknown) => (session: ServerHttp2Session) => void;
  _streamHandler: StreamHandler;
  onStreamOpened(stream: ServerHttp2Stream): void;
}

interface CallFields {
  readonly stream: ServerHttp2Stream;
  readonly decoder: {
    readonly readState: number;
    readonly readMessageSize: number;
    readonly readMessageRemaining: number;
    maxReadMessageLength: number;
    write(data: Buffer): unknown;
  };
  readonly incomingEncoding: string;
  maxReceiveMessageSize: number;
  /** The message has its prefix of 5 bytes. What it rejects with is a status. */
  decompressMessage(message: Buffer, encoding: string): Promise<Buffer> | Buffer;
  /** Only checked: FramedMessages depends on what it does. */
  serializeMessage(message: unknown): Buffer;
}

/** The state of a StreamDecoder between two messages (build/src/stream-decoder.js, `ReadState`). */
const NO_DATA = 0;

/**
 * The HTTP/2 stream of a call: half-closes are confirmed by a PING on its session, what is unsent is
 * its `writableLength`, and the status that grpc-js sent by itself is in its trailers. grpc-js gives
 * interceptors no access to it (build/src/server-interceptors.js, `BaseServerInterceptingCall`).
 */
export function http2StreamOf(call: object): ServerHttp2Stream {
  return (call as CallFields).stream;
}

/**
 * Whether a part of a message has arrived without its end. grpc-js silently drops that part when the
 * client half-closes (build/src/server-interceptors.js, `handleEndEvent`).
 */
export function isInsideMessage(call: object): boolean {
  return (call as CallFields).decoder.readState !== NO_DATA;
}

/** How many bytes have arrived of a message that is not complete (build/src/stream-decoder.js). */
export function unfinishedBytes(call: object): number {
  const { readState, readMessageSize, readMessageRemaining } = (call as CallFields).decoder;
  return readState === NO_DATA ? 0 : readMessageSize - readMessageRemaining;
}

/** Calls the listener with the size of each part of the requests, once grpc-js has taken it. */
export function onReceived(call: object, listener: (bytes: number) => void): void {
  const { decoder } = call as CallFields;
  const take = decoder.write.bind(decoder);
  const takeAndReport = (data: Buffer): unknown => {
    const messages = take(data);
    listener(data.length);
    return messages;
  };
  decoder.write = takeAndReport;
}

/**
 * Sets how large each request message may be, on the wire and decompressed. grpc-js has one such
 * option for all methods of a server (build/src/server-interceptors.js, `maxReceiveMessageSize`).
 */
export function limitMessages(call: object, maxBytes: number): void {
  const fields = call as CallFields;
  fields.maxReceiveMessageSize = maxBytes;
  fields.decoder.maxReadMessageLength = maxBytes;
}

/** Whether the request messages of a call may be compressed. */
export function isCompressed(call: object): boolean {
  return (call as CallFields).incomingEncoding !== 'identity';
}

/**
 * Replaces how messages are decompressed: grpc-js decompresses all that have arrived, at the same
 * time and before they are asked for (build/src/server-interceptors.js, `decompressAndMaybePush`).
 */
export function replaceDecompression(
  call: object,
  decompress: (framed: Buffer, encoding: string) => Promise<Buffer>,
): void {
  (call as CallFields).decompressMessage = decompress;
}

/**
 * Gives the server a handler for methods that it does not have. grpc-js would respond to them
 * itself, and they would not be logged; it has no hook for that (build/src/server.js,
 * `_retrieveHandler`).
 */
export function handleUnknownMethods(
  server: Server,
  handlerFor: (path: string) => GrpcHandler,
): void {
  const fields = server as unknown as ServerFields;
  class Handlers extends Map<string, GrpcHandler> {
    override get(path: string): GrpcHandler {
      return super.get(path) ?? handlerFor(path);
    }
  }
  fields.handlers = new Handlers(fields.handlers);
}

/**
 * Takes a new stream, or returns false if grpc-js is to handle it. Headers may be changed. `isPlain`
 * if no interceptors of grpc-js belong to the credentials that the server listens with.
 */
export type StreamTaker = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  isPlain: boolean,
) => boolean;

/**
 * Offers each new stream to `take` before grpc-js reads its headers. grpc-js has no hook there: it
 * treats gRPC-Web as gRPC, and a deadline beyond 24.8 days as one that has passed
 * (build/src/server.js, `_streamHandler`, called for each `stream` event).
 */
export function takeStreams(server: Server, take: StreamTaker): void {
  const fields = server as unknown as ServerFields;
  const handle = fields._streamHandler.bind(server);
  fields._streamHandler = (interceptors, stream, headers, flags, rawHeaders) => {
    if (take(stream, headers, rawHeaders, interceptors.length === 0)) return;
    handle(interceptors, stream, headers, flags, rawHeaders);
  };
}

/**
 * Lets grpc-js know of a stream that it does not handle: it closes connections that had none for
 * `grpc.max_connection_idle_ms` (build/src/server.js, `onStreamOpened`).
 */
export function countStream(server: Server, stream: ServerHttp2Stream): void {
  (server as unknown as ServerFields).onStreamOpened(stream);
}

/**
 * Passes each new connection to `watch`. grpc-js gives no access to them (build/src/server.js,
 * `_sessionHandler`, called for each HTTP/2 server; what it returns for each `session` event).
 */
export function watchSessions(server: Server, watch: (session: ServerHttp2Session) => void): void {
  const fields = server as unknown as ServerFields;
  const handlerOf = fields._sessionHandler.bind(server);
  fields._sessionHandler = (http2Server) => {
    const handle = handlerOf(http2Server);
    return (session) => {
      handle(session);
      watch(session);
    };
  };
}

/** The modules of grpc-js that are checked. */
export interface GrpcJsModules {
  readonly package: { readonly version: string };
  readonly server: { readonly Server: new () => object };
  readonly interceptors: {
    readonly BaseServerInterceptingCall: new (
      stream: object,
      headers: object,
      tracker: null,
      handler: object,
      options: object,
    ) => object;
  };
  readonly decoder: {
    readonly StreamDecoder: new (maxBytes: number) => { write(data: Buffer): unknown };
  };
}

/**
 * Throws an Error that names the version found and the one tested, if anything that this file uses
 * is not as expected. @param load returns the modules to check
 */
export function checkGrpcJs(load: () => GrpcJsModules = loadModules): void {
  let version = '(unknown version)';
  let changed: string[];
  try {
    const modules = load();
    ({ version } = modules.package);
    changed = [...changedInServer(modules), ...changedInCall(modules)];
  } catch (error) {
    changed = [error instanceof Error ? error.message.split('\n', 1).join() : String(error)];
  }
  if (changed.length === 0) return;
  throw new Error(
    `@grpc/grpc-js ${version} does not have the internals that this server uses ` +
      `(${changed.join(', ')}); it was tested with ${TESTED_VERSION}: install that version`,
  );
}

/**
 * What is not as expected of that which only calls without grpc-js need; undefined if nothing is.
 * @param load returns the modules to check
 */
export function obstacleToLeanCalls(load: () => GrpcJsModules = loadModules): string | undefined {
  const { package: found, server } = load();
  const { _streamHandler, onStreamOpened } = new server.Server() as Partial<ServerFields>;
  const changed = [
    // Interceptors, stream, headers; the others come with the event.
    ...(_streamHandler?.length === 3 ? [] : ['Server._streamHandler']),
    ...(typeof onStreamOpened === 'function' ? [] : ['Server.onStreamOpened']),
  ];
  if (changed.length === 0) return undefined;
  return `@grpc/grpc-js ${found.version} has another ${changed.join(', ')} than ${TESTED_VERSION}`;
}

function changedInServer({ server }: GrpcJsModules): string[] {
  const { handlers, _sessionHandler, _streamHandler } =
    new server.Server() as Partial<ServerFields>;
  return [
    ...(handlers instanceof Map ? [] : ['Server.handlers']),
    ...(typeof _sessionHandler === 'function' ? [] : ['Server._sessionHandler']),
    ...(typeof _streamHandler === 'function' ? [] : ['Server._streamHandler']),
  ];
}

function changedInCall({ interceptors, decoder }: GrpcJsModules): string[] {
  const stream = Object.assign(new EventEmitter(), { pause: () => undefined });
  const { BaseServerInterceptingCall } = interceptors;
  const handler = { path: '/check', serialize: (message: unknown) => message };
  const call = new BaseServerInterceptingCall(stream, {}, null, handler, {}) as Partial<CallFields>;
  const twoMessages = call.serializeMessage?.(new FramedMessages([Buffer.of(7), Buffer.of(8)]));
  const started = new decoder.StreamDecoder(1000);
  started.write(Buffer.of(0));
  const { readState } = started as { readState?: number };
  started.write(Buffer.of(0, 0, 0, 2, 9));
  const unfinished = unfinishedBytes({ decoder: started });
  return [
    ...(call.stream === (stream as object) ? [] : ['BaseServerInterceptingCall.stream']),
    ...(twoMessages?.equals(Buffer.of(0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 1, 8)) === true
      ? []
      : ['BaseServerInterceptingCall.serializeMessage']),
    ...(call.incomingEncoding === 'identity'
      ? []
      : ['BaseServerInterceptingCall.incomingEncoding']),
    ...(typeof call.maxReceiveMessageSize === 'number'
      ? []
      : ['BaseServerInterceptingCall.maxReceiveMessageSize']),
    ...(typeof call.decompressMessage === 'function'
      ? []
      : ['BaseServerInterceptingCall.decompressMessage']),
    ...(call.decoder === undefined ? ['BaseServerInterceptingCall.decoder'] : []),
    ...(call.decoder === undefined || typeof call.decoder.maxReadMessageLength === 'number'
      ? []
      : ['StreamDecoder.maxReadMessageLength']),
    ...(call.decoder === undefined || typeof call.decoder.write === 'function'
      ? []
      : ['StreamDecoder.write']),
    ...(call.decoder === undefined || call.decoder.readState === NO_DATA
      ? []
      : ['StreamDecoder.readState']),
    ...(readState === undefined || readState === NO_DATA ? ['StreamDecoder.readState'] : []),
    ...(unfinished === 1 ? [] : ['StreamDecoder.readMessageRemaining']),
  ];
}

/* eslint-disable @typescript-eslint/no-require-imports -- a missing module must be an error of ours */
function loadModules(): GrpcJsModules {
  const interceptors: unknown = require('@grpc/grpc-js/build/src/server-interceptors.js');
  const decoder: unknown = require('@grpc/grpc-js/build/src/stream-decoder.js');
  return {
    package: require('@grpc/grpc-js/package.json') as GrpcJsModules['package'],
    server: require('@grpc/grpc-js') as GrpcJsModules['server'],
    interceptors: interceptors as GrpcJsModules['interceptors'],
    decoder: decoder as GrpcJsModules['decoder'],
  };
}
