import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  status,
} from '@grpc/grpc-js';
import { bidiStream, type BidiStreamHandler } from './bidi-stream.js';
import type { EndedCall } from './call.js';
import { clientStream, type ClientStreamHandler } from './client-stream.js';
import { OpenCall, type CallWatcher, type Open } from './open-call.js';
import { serverStream, type ServerStreamHandler } from './server-stream.js';
import { unknownMethod } from './unknown-method.js';
import { unary, type UnaryHandler } from './unary.js';

/** Where the calls of a server go. */
export interface RpcOptions {
  /**
   * Told once about each call when it has ended for the client: with what the handler chose, or
   * with the cancel or deadline that came before. What it throws is dropped.
   */
  readonly onEnd: (call: EndedCall) => void;
}

/**
 * Turns async functions into grpc-js handlers, one adapter per kind of RPC. Whatever a handler throws
 * becomes a status (`statusOf`); what it does after the call has ended is ignored.
 */
export interface Rpc {
  /** One request, one answer: a message, or a Uint8Array that holds one in wire form. */
  unary<Req, Res>(handler: UnaryHandler<Req, NoInfer<Res>>): handleUnaryCall<Req, Res>;
  /**
   * One request, a stream of answers. The handler yields single answers or arrays of them, is asked
   * for more only while the client reads, and gets `return()` when the client goes away.
   */
  serverStream<Req, Res>(
    handler: ServerStreamHandler<Req, NoInfer<Res>>,
  ): handleServerStreamingCall<Req, Res>;
  /** A stream of requests, one answer. */
  clientStream<Req, Res>(
    handler: ClientStreamHandler<Req, NoInfer<Res>>,
  ): handleClientStreamingCall<Req, Res>;
  /** Streams both ways; requests are read only as fast as the handler asks for them. */
  bidiStream<Req, Res>(
    handler: BidiStreamHandler<Req, NoInfer<Res>>,
  ): handleBidiStreamingCall<Req, Res>;
  /** Refuses a method that the server does not have, of whatever kind, with UNIMPLEMENTED. */
  unknownMethod(): handleBidiStreamingCall<unknown, unknown>;
  /** How many calls are under way: not ended, or ended with their handler still running. */
  readonly active: number;
  /** Resolves as soon as no call is under way. */
  idle(): Promise<void>;
  /** Ends every open call with this status; their signals abort. */
  endAll(end: { readonly code: status; readonly details: string }): void;
}

/** The adapters of one server. */
export function createRpc({ onEnd }: RpcOptions): Rpc {
  const active = new Set<OpenCall>();
  let waiting: (() => void)[] = [];

  const watcher: CallWatcher = {
    ended(call) {
      try {
        onEnd(call);
      } catch {
        // Whoever logs calls must not be able to break them.
      }
    },
    settled(call) {
      active.delete(call);
      if (active.size > 0 || waiting.length === 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
  const open: Open = (call, received) => {
    const opened = new OpenCall(call, received, watcher);
    active.add(opened);
    return opened;
  };

  return {
    unary: (handler) => unary(open, handler),
    serverStream: (handler) => serverStream(open, handler),
    clientStream: (handler) => clientStream(open, handler),
    bidiStream: (handler) => bidiStream(open, handler),
    unknownMethod: () => unknownMethod(open),
    get active() {
      return active.size;
    },
    idle: () =>
      new Promise((resolve) => {
        if (active.size === 0) resolve();
        else waiting.push(resolve);
      }),
    endAll({ code, details }) {
      for (const call of [...active]) {
        if (!call.over) call.sendStatus?.(code, details);
        call.abort(code);
      }
    },
  };
}
