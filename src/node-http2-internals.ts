import { AsyncResource } from 'node:async_hooks';
import type { ClientHttp2Session, Http2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** What Node keeps of a session (lib/internal/http2/core.js, `this[kState]`). */
interface SessionState {
  streams: Streams;
}

type Streams = Pick<
  Map<number, unknown>,
  'get' | 'set' | 'has' | 'delete' | 'size' | 'forEach' | 'values'
>;

const LIGHT = Symbol('has a light stream table');

/**
 * Replaces the Map in which Node keeps the streams of a session. A Map that lives long while entries
 * come and go makes V8 promote each of them: whenever it grows, the old table stays in the old
 * generation with pointers to what it held, until the next full collection (scripts/bench/README.md
 * has figures). A call costs a quarter less without it. Where Node has no such Map, nothing changes.
 */
export function lightenStreamTable(session: Http2Session): void {
  const marked = session as Http2Session & { [LIGHT]?: true };
  if (marked[LIGHT] === true) return;
  marked[LIGHT] = true;
  const state = stateOf(session);
  if (state === undefined || !isMap(state.streams)) return;
  const light = new StreamTable();
  state.streams.forEach((stream, id) => light.set(id, stream));
  state.streams = light as unknown as Streams;
}

type Callback = (...args: unknown[]) => unknown;

/** The method of AsyncResource that a request calls. */
const resources = AsyncResource.prototype as unknown as {
  bind: (this: AsyncResource, callback: Callback) => Callback;
};

/**
 * Makes the requests of a client's session cheaper: its stream table becomes a light one, and no
 * request is held any longer until the next full collection. It was, because Node binds a function
 * of it to the asynchronous context, and AsyncResource.bind() gives each such function accessors of
 * its own, whose hidden classes V8 keeps in its old generation. The context stays as it is.
 */
export function lightenRequests(session: ClientHttp2Session): void {
  lightenStreamTable(session);
  if (Object.getOwnPropertyDescriptor(resources, 'bind')?.writable !== true) return;
  const request = session.request.bind(session);
  session.request = (...args) => {
    const { bind } = resources;
    // request() calls it before it returns, so that no other code gets to see this one.
    resources.bind = bindWithoutAccessors;
    try {
      return request(...args);
    } finally {
      resources.bind = bind;
    }
  };
}

/** AsyncResource.bind() without the properties of its result, which nothing reads here. */
function bindWithoutAccessors(this: AsyncResource, callback: Callback): Callback {
  return (...args) => this.runInAsyncScope(callback, undefined, ...args);
}

/** Whether the streams of a session are in a light table. */
export function hasLightStreamTable(session: Http2Session): boolean {
  return stateOf(session)?.streams instanceof StreamTable;
}

/**
 * Whether the system has not yet taken all that was written to a socket, because its peer does not
 * read. A session that has taken a socket over writes to the handle of it (lib/net.js, `_handle`).
 * True where Node has no such handle: the answer is not known then.
 */
export function hasUnsentBytes(socket: Socket): boolean {
  return handleOf(socket)?.writeQueueSize !== 0;
}

/**
 * Stops reading from the socket of a session until the next turn of the event loop. Its streams can
 * be paused, but not the session: the socket's own pause() throws once a session has it.
 */
export function pauseUntilNextTurn(socket: Socket): void {
  const handle = handleOf(socket);
  if (typeof handle?.readStop !== 'function' || typeof handle.readStart !== 'function') return;
  handle.readStop();
  setImmediate(() => {
    // Harmless for one that is closed by now. The session cannot be asked: it throws then.
    handle.readStart?.();
  });
}

/** What reads and writes for a socket. */
interface Handle {
  readonly writeQueueSize?: number;
  readStop?(): void;
  readStart?(): void;
}

function handleOf(socket: Socket): Handle | null | undefined {
  return (socket as Socket & { readonly _handle?: Handle | null })._handle;
}

function stateOf(session: object): SessionState | undefined {
  const symbol = Object.getOwnPropertySymbols(session).find(
    ({ description }) => description === 'state',
  );
  if (symbol === undefined) return undefined;
  return (session as Record<symbol, SessionState | undefined>)[symbol];
}

/** By its methods: Node's own Map is not that of another realm, such as a test environment. */
function isMap(streams: Partial<Streams> | undefined): boolean {
  const methods = [streams?.get, streams?.set, streams?.delete, streams?.forEach];
  return typeof streams?.size === 'number' && methods.every((one) => typeof one === 'function');
}

/** The part of a Map that Node uses, on a plain object. */
class StreamTable {
  readonly #streams: Record<number, unknown> = Object.create(null) as Record<number, unknown>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): unknown {
    return this.#streams[id];
  }

  has(id: number): boolean {
    return id in this.#streams;
  }

  set(id: number, stream: unknown): this {
    if (!this.has(id)) this.#size += 1;
    this.#streams[id] = stream;
    return this;
  }

  delete(id: number): boolean {
    if (!this.has(id)) return false;
    this.#size -= 1;
    // The ids of a session only grow, so that no list of freed places is worth keeping.
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete this.#streams[id];
    return true;
  }

  forEach(callback: (stream: unknown, id: number) => void): void {
    for (const [id, stream] of Object.entries(this.#streams)) callback(stream, Number(id));
  }

  values(): IterableIterator<unknown> {
    return Object.values(this.#streams).values();
  }
}
