import { defaultLimits, type Limits } from '../limits.js';
import { BidiStreamCall } from './bidi-stream.js';
import { CallList } from './call-list.js';
import { CallSweeper, type ShedReason, type SweptCall } from './call-sweeper.js';
import { ClientStreamCall } from './client-stream.js';
import type { Code } from './code.js';
import { DeadlineWatch } from './deadline-watch.js';
import { decodeMessage, encodeMessage } from './decode.js';
import type { Method } from './method.js';
import { runMiddleware, type Middleware } from './middleware.js';
import type { CallInit, ServerCall } from './server-call.js';
import { ServerStreamCall } from './server-stream.js';
import type { MethodDefinition, Service } from './service.js';
import { TurnQueue } from './turn-queue.js';
import { UnaryCall } from './unary.js';
import { UnknownMethodCall } from './unknown-method.js';
import type { Wire } from './wire.js';

/** Its calls are always taken: a server that is overloaded is not to be restarted. */
const HEALTH_PREFIX = '/grpc.health.v1.Health/';

/** What a dispatcher serves. */
export interface DispatcherOptions {
  readonly services: readonly Service[];
  /** Wraps every call, also those of unknown methods; the first is the outermost. */
  readonly middleware: readonly Middleware[];
  /** The `domain` of ErrorInfo. Default: the full name of the service that was called. */
  readonly errorDomain?: string | undefined;
  readonly limits?: Limits;
  /** Called for each call that the server ends to protect itself. */
  readonly onShed?: ((reason: ShedReason) => void) | undefined;
}

type CallClass = new (
  wire: Wire,
  target: Method,
  init: CallInit,
  list: CallList<SweptCall>,
  turns: TurnQueue,
) => ServerCall;

interface Route {
  readonly method: Method;
  readonly callClass: CallClass;
}

/** Opens the calls of a server, whatever carries them, and knows which are active. */
export class Dispatcher {
  readonly #routes = new Map<string, Route>();
  readonly #middleware: readonly Middleware[];
  readonly #unknown: Route;
  readonly #calls = new CallList<SweptCall & ServerCall>();
  readonly #deadlines = new DeadlineWatch(this.#calls);
  readonly #sweeper: CallSweeper;
  /** Where the calls of its connections, and what comes before them, wait for their turns. */
  readonly turns: TurnQueue;

  constructor(options: DispatcherOptions) {
    const { services, middleware, errorDomain, limits = defaultLimits, onShed } = options;
    this.#middleware = middleware;
    this.#sweeper = new CallSweeper(this.#calls, limits, onShed);
    this.turns = new TurnQueue(limits.queueMs);
    for (const service of services) {
      const { fullName, methods } = service.definition;
      for (const [name, definition] of Object.entries(methods)) {
        const method: Method = {
          ...toMethod(definition, service.handlers[name], errorDomain ?? fullName),
          maxMessageBytes: maxMessageBytes(definition, limits, service.maxMessageBytes[name]),
        };
        const route = { method, callClass: callClassOf(definition) };
        this.#routes.set(`/${fullName}/${definition.name}`, route);
      }
    }
    this.#unknown = { method: unknownMethod(errorDomain), callClass: UnknownMethodCall };
  }

  /** The paths of all methods. */
  get paths(): readonly string[] {
    return [...this.#routes.keys()];
  }

  /** How large each request message of a method may be; undefined if there is no such method. */
  maxMessageBytes(path: string): number | undefined {
    return this.#routes.get(path)?.method.maxMessageBytes;
  }

  /** Whether it has a method of that path. */
  has(path: string): boolean {
    return this.#routes.has(path);
  }

  /** A call whose headers have arrived. It does nothing until `start`, so that its wire can know it. */
  open(wire: Wire, init: CallInit): ServerCall {
    const { method, callClass } = this.#routes.get(init.path) ?? this.#unknown;
    const call = new callClass(wire, method, init, this.#calls, this.turns);
    this.#calls.add(call);
    this.#sweeper.start();
    return call;
  }

  /** Runs the middleware, then the handler. */
  start(call: ServerCall): void {
    this.#deadlines.start(call);
    runMiddleware(this.#middleware, call);
  }

  /** A call holds so many bytes more. Only for what could become too much between two sweeps. */
  holdMore(bytes: number): void {
    this.#sweeper.holdMore(bytes);
  }

  /** Whether new calls of a connection should be refused; health always responds. */
  isOverloaded(peer: string, path: string, bringsLittle = false): boolean {
    return this.turns.isOverloaded(peer, bringsLittle) && !path.startsWith(HEALTH_PREFIX);
  }

  /** How many calls are active: not ended, or ended while their handler still runs. */
  get active(): number {
    return this.#calls.size;
  }

  /** All active calls. */
  get calls(): readonly ServerCall[] {
    return this.#calls.toArray();
  }

  /** Resolves as soon as no call is active. */
  idle(): Promise<void> {
    return this.#calls.idle();
  }

  /** Ends every open call with this status; their signals abort. */
  abortAll(code: Code, details: string): void {
    this.#calls.abortAll(code, details);
  }
}

function callClassOf({ requestStream, responseStream }: MethodDefinition): CallClass {
  if (requestStream) return responseStream ? BidiStreamCall : ClientStreamCall;
  return responseStream ? ServerStreamCall : UnaryCall;
}

function maxMessageBytes(definition: MethodDefinition, limits: Limits, own = 0): number {
  const { unaryMessageBytes, streamMessageBytes } = limits;
  return Math.max(own, definition.requestStream ? streamMessageBytes : unaryMessageBytes);
}

function toMethod(
  definition: MethodDefinition,
  handler: unknown,
  errorDomain: string,
): Omit<Method, 'maxMessageBytes'> {
  const { requestType, responseType, options } = definition;
  return {
    isIdempotent: 'idempotencyLevel' in options && options.idempotencyLevel === 'IDEMPOTENT',
    errorDomain,
    handler,
    decode: (bytes) => decodeMessage(requestType, bytes),
    encode: (response) => encodeMessage(responseType, response),
  };
}

function unknownMethod(errorDomain = ''): Method {
  return {
    isIdempotent: false,
    maxMessageBytes: 0,
    errorDomain,
    handler: undefined,
    decode: (bytes) => bytes,
    encode: () => new Uint8Array(),
  };
}
