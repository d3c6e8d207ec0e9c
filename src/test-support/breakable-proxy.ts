import { openTcpProxy } from './tcp-proxy.js';

/** A proxy to an HTTP/2 server that a test controls. */
export interface BreakableProxy extends AsyncDisposable {
  /** HOST:PORT to connect to instead of the server. */
  readonly address: string;
  /** From now on drops the server's responses, until the next break(). */
  loseResponses(): void;
  /** Cuts all connections without notice to either side. */
  break(): void;
}

// https://httpwg.org/specs/rfc9113.html#FrameHeader
const HEADER_BYTES = 9;
const TYPE_AT = 3;
const PING = 6;

/** Starts a proxy to the server at that address. */
export async function openProxy(target: string): Promise<BreakableProxy> {
  const [host, port] = [target.replace(/:\d+$/, ''), Number(/\d+$/.exec(target)?.[0])];
  const proxy = await openTcpProxy(port, {
    host,
    splitResponses: splitFrames,
    // Replies to PINGs pass, because the server waits for one before it commits.
    isAlwaysPassed: (frame) => frame[TYPE_AT] === PING,
  });
  return {
    address: `127.0.0.1:${proxy.port}`,
    loseResponses: () => {
      proxy.loseResponses();
    },
    break: () => {
      proxy.cut();
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** Splits the bytes of one HTTP/2 connection, chunk by chunk, into its frames. */
function splitFrames(): (bytes: Buffer) => Buffer[] {
  let held = Buffer.alloc(0);
  return (bytes) => {
    held = Buffer.concat([held, bytes]);
    const frames: Buffer[] = [];
    while (held.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + held.readUIntBE(0, 3);
      if (held.length < end) break;
      frames.push(held.subarray(0, end));
      held = held.subarray(end);
    }
    return frames;
  };
}
