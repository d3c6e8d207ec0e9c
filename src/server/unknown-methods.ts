import type { handleBidiStreamingCall, Server } from '@grpc/grpc-js';
import type { Rpc } from '../rpc/index.js';

/** What grpc-js keeps of a method. */
interface Handler {
  readonly func: handleBidiStreamingCall<unknown, unknown>;
  readonly serialize: (value: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly type: 'bidi';
  readonly path: string;
}

/**
 * Lets the adapters refuse calls of methods that the server does not have: grpc-js would answer
 * them itself, and nobody would see them in the log. It has no hook for that, only this map.
 */
export function refuseUnknownMethods(server: Server, rpc: Rpc): void {
  const func = rpc.unknownMethod();
  class Handlers extends Map<string, Handler> {
    override get(path: string): Handler {
      const known = super.get(path);
      return known ?? { func, path, type: 'bidi', serialize: asIs, deserialize: asIs };
    }
  }
  server['handlers'] = new Handlers(server['handlers'] as Map<string, Handler>);
}

function asIs(bytes: unknown): Buffer {
  return bytes as Buffer;
}
