import { AsyncResource } from 'node:async_hooks';
import type {
  ClientHttp2Session,
  Http2Session,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
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
 * Stops reading from the socket of a session; returns what resumes it, or undefined where Node has
 * no such handle. The streams of a session can be paused, but not the session: the socket's own
 * pause() throws once a session has it.
 */
export function pauseReading(socket: Socket): (() => void) | undefined {
  const handle = handleOf(socket);
  if (typeof handle?.readStop !== 'function' || typeof handle.readStart !== 'function') return;
  handle.readStop();
  return () => {
    // Harmless for one that is closed by now. The session cannot be asked: it throws then.
    handle.readStart?.();
  };
}

/**
 * Takes no more requests out of what has been read from a connection of HTTP/1.1, which is to be
 * closed: Node would make objects of several hundred, 10 us each, before it notices that.
 */
export function takeNoMoreRequests(socket: Socket): void {
  const { parser } = socket as Socket & { readonly parser?: Http1Parser | null };
  // 2: as if another protocol began there (lib/_http_server.js, `parserOnIncoming`).
  if (typeof parser?.onIncoming === 'function') parser.onIncoming = () => 2;
}

interface Http1Parser {
  onIncoming: (() => number) | null;
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
  return fieldOf(session, symbolOf(session, 'state')) as SessionState | undefined;
}

function symbolOf(owner: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(owner).find((symbol) => symbol.description === description);
}

function fieldOf(owner: object, symbol: symbol | undefined): unknown {
  return symbol === undefined ? undefined : (owner as Record<symbol, unknown>)[symbol];
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

/** What Node keeps of a stream (lib/internal/http2/core.js, `this[kState]` and `this[kHandle]`). */
interface StreamState {
  flags: number;
}

interface StreamHandle {
  /** Returns a negative number if that is not possible. */
  respond(block: readonly [names: string, count: number], options: number): number;
}

/** How Node has sent the headers once: what it passed to its HTTP/2 library, and what it noted. */
interface SentOnce {
  readonly state: symbol;
  readonly handle: symbol;
  readonly beforeDate: string;
  readonly afterDate: string;
  readonly count: number;
  readonly options: number;
  readonly flags: number;
}

/**
 * Sends the same headers for many responses, all of which have trailers. Node copies, checks, joins
 * and keeps the headers of each response, which was a sixth of the CPU of a unary call. Here it does so
 * once; later responses get the same block with the date of now. Where Node works in another way than
 * the tested ones (20, 22, 24), each response goes the ordinary way.
 */
export class RepeatedHeaders {
  readonly #headers: OutgoingHttpHeaders;
  #sent: SentOnce | 'never' | 'otherwise' = 'never';

  constructor(headers: OutgoingHttpHeaders) {
    this.#headers = headers;
  }

  /** As `stream.respond(headers, { waitForTrailers: true })`, for a stream that is open. */
  respond(stream: ServerHttp2Stream): void {
    if (this.#sent === 'never') this.#sent = this.#respondOnce(stream) ?? 'otherwise';
    else if (this.#sent === 'otherwise') this.#respondOrdinarily(stream);
    else repeat(stream, this.#sent);
  }

  #respondOrdinarily(stream: ServerHttp2Stream): void {
    stream.respond(this.#headers, { waitForTrailers: true });
  }

  /** Responds, and notes how Node does it; undefined if that is not known. */
  #respondOnce(stream: ServerHttp2Stream): SentOnce | undefined {
    const symbols = { state: symbolOf(stream, 'state'), handle: symbolOf(stream, 'kHandle') };
    const state = fieldOf(stream, symbols.state) as Partial<StreamState> | undefined;
    const handle = fieldOf(stream, symbols.handle) as Partial<StreamHandle> | undefined;
    const respond = handle?.respond;
    const flagsBefore = state?.flags;
    if (handle === undefined || respond === undefined || flagsBefore === undefined) {
      this.#respondOrdinarily(stream);
      return undefined;
    }
    let passed: unknown[] = [];
    handle.respond = (...values) => {
      passed = values;
      return respond.apply(handle, values);
    };
    try {
      this.#respondOrdinarily(stream);
    } finally {
      // The one of the prototype is left.
      delete handle.respond;
    }
    const [block, options] = passed as Partial<Parameters<StreamHandle['respond']>>;
    const [names, count] = Array.isArray(block) ? block : [];
    const { date } = stream.sentHeaders;
    if (typeof names !== 'string' || typeof count !== 'number' || typeof options !== 'number') {
      return undefined;
    }
    const [beforeDate, afterDate, ...more] = date === undefined ? [] : names.split(date);
    if (beforeDate === undefined || afterDate === undefined || more.length > 0) return undefined;
    const flags = (state?.flags ?? 0) & ~flagsBefore;
    return { ...(symbols as SentOnce), beforeDate, afterDate, count, options, flags };
  }
}

function repeat(stream: ServerHttp2Stream, sent: SentOnce): void {
  // Not through a function: V8 takes longer where one place reads fields of many names.
  const fields = stream as unknown as Record<symbol, unknown>;
  const state = fields[sent.state] as StreamState;
  const handle = fields[sent.handle] as StreamHandle;
  state.flags |= sent.flags;
  const names = sent.beforeDate + dateText() + sent.afterDate;
  if (handle.respond([names, sent.count], sent.options) < 0) {
    stream.destroy(new Error('the headers of the response cannot be sent'));
  }
}

let dateSecond = 0;
let date = '';

/** The date as in a header; made once per second. */
function dateText(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
