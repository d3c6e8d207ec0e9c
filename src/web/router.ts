import { join } from 'node:path';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { DescMethod } from '@bufbuild/protobuf';
import type { Limits } from '../limits.js';
import type { Dispatcher } from '../rpc/index.js';
import { Assets } from './assets.js';
import { WebCalls } from './calls.js';
import { readContract, type Contract } from './contract.js';
import { allowOrigin, respondToPreflight } from './cors.js';
import { formatOf, type Format } from './format.js';
import { pathOf, peerOf, type HttpRequest, type HttpResponse } from './http-exchange.js';
import { respondError, respondJson, type HttpError } from './json-error.js';
import { openApiOf } from './openapi.js';
import { isSameOrigin, TrustedHosts } from './trusted-hosts.js';

/** What may be a method of another server, or a misspelt one. */
const METHOD_PATH = /^\/[\w.-]{1,150}\/[\w.-]{1,49}$/;

/** The folder of the built page. */
const PAGE_FOLDER = join(__dirname, 'page');

const NO_PAGE = 'This server serves gRPC, Connect, gRPC-Web and JSON. Its page is not built.\n';

/** What a server serves over HTTP, and to which pages. */
export interface RouterOptions {
  readonly dispatcher: Dispatcher;
  /** An encoded google.protobuf.FileDescriptorSet of all services and their imports. */
  readonly descriptorSet: () => Uint8Array;
  readonly limits: Limits;
  /** Whether calls can be served. */
  readonly isServing: () => boolean;
  /** Whether there is a page at `/`. */
  readonly hasPage: boolean;
  /** Names in Host besides addresses and `localhost`. */
  readonly allowHosts: readonly string[];
  /** Origins whose pages may call, such as `https://people.example.com`. */
  readonly allowOrigins: readonly string[];
  /** Called with the client's address and port, why a request was refused, and a kind of reason. */
  readonly onRefused: (peer: string, reason: string, kind: RefusalKind) => void;
}

/** Finds what a request asks for: a call, the page, the OpenAPI document, or the health of the server. */
export class RequestRouter {
  readonly #options: RouterOptions;
  readonly #contract: Contract;
  readonly #calls: WebCalls;
  readonly #hosts: TrustedHosts;
  readonly #origins: ReadonlySet<string>;
  readonly #assets: Assets | undefined;
  #openApi: object | undefined;

  constructor(options: RouterOptions) {
    const { dispatcher, descriptorSet, limits, allowHosts, allowOrigins, hasPage } = options;
    this.#options = options;
    this.#contract = readContract(descriptorSet(), dispatcher.paths);
    this.#calls = new WebCalls({
      dispatcher,
      contract: this.#contract,
      readWithinMs: limits.streamIdleMs,
    });
    this.#hosts = new TrustedHosts(allowHosts);
    this.#origins = new Set(allowOrigins);
    this.#assets = hasPage ? new Assets(PAGE_FOLDER) : undefined;
  }

  /** Responds to a request, in the end. */
  serve(request: HttpRequest, response: HttpResponse): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) this.#refuse(request, response, refusal);
    else if (request.method === 'OPTIONS') this.#preflight(request, response);
    else this.#route(request, response);
  }

  #refusalOf(request: HttpRequest): Refusal | undefined {
    const { limits } = this.#options;
    if (!this.#hosts.has(request)) return WRONG_HOST;
    if (request.rawHeaders.length / 2 > limits.headers) return tooManyHeaders(limits.headers);
    if (isSameOrigin(request) || this.#isAllowed(request)) return undefined;
    return WRONG_ORIGIN;
  }

  #isAllowed({ headers: { origin = '' } }: HttpRequest): boolean {
    return this.#origins.has(origin);
  }

  #preflight(request: HttpRequest, response: HttpResponse): void {
    response.setHeader('vary', 'Origin');
    if (this.#isAllowed(request)) {
      allowOrigin(request, response);
      respondToPreflight(response);
    } else {
      respondError(response, notAllowed('GET, POST'));
    }
  }

  #route(request: HttpRequest, response: HttpResponse): void {
    if (this.#origins.size > 0) response.setHeader('vary', 'Origin');
    if (this.#isAllowed(request)) allowOrigin(request, response);
    const path = pathOf(request);
    const method = this.#contract.methods.get(path);
    if (method !== undefined) {
      this.#call(request, response, method);
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      void this.#get(path, request, response);
    } else if (METHOD_PATH.test(path)) {
      this.#unknownMethod(path, request, response);
    } else {
      respondError(response, notFound(path));
    }
  }

  #call(request: HttpRequest, response: HttpResponse, method: DescMethod): void {
    const path = pathOf(request);
    const format = requestedFormat(request, method);
    if ('status' in format) {
      respondError(response, format);
    } else if (this.#options.dispatcher.isOverloaded(peerOf(request), path)) {
      this.#refuse(request, response, OVERLOADED);
    } else {
      void this.#calls.serve(request, response, method, format);
    }
  }

  /** As a call, so that it is logged. */
  #unknownMethod(path: string, request: HttpRequest, response: HttpResponse): void {
    const { rawMessage } = this.#calls.refuseUnknown(path, request, response);
    respondError(response, { status: 404, code: 'unimplemented', message: rawMessage });
  }

  async #get(path: string, request: HttpRequest, response: HttpResponse): Promise<void> {
    if (path === '/healthz') {
      respondJson(response, 200, { status: 'SERVING' });
    } else if (path === '/readyz') {
      const isServing = this.#options.isServing();
      const status = isServing ? 'SERVING' : 'NOT_SERVING';
      respondJson(response, isServing ? 200 : 503, { status });
    } else if (path === '/openapi.json') {
      respondJson(response, 200, (this.#openApi ??= openApiOf(this.#contract.methods)));
    } else if ((await this.#assets?.serve(path, request, response)) === true) {
      return;
    } else if (path === '/' && this.#assets !== undefined) {
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(NO_PAGE);
    } else {
      respondError(response, notFound(path));
    }
  }

  #refuse(request: HttpRequest, response: HttpResponse, { kind, reason, ...error }: Refusal): void {
    this.#options.onRefused(peerOf(request), reason, kind);
    respondError(response, error);
  }
}

type RefusalKind = 'host' | 'origin' | 'headers' | 'overloaded';

interface Refusal extends HttpError {
  readonly kind: RefusalKind;
  /** For the log: it contains nothing that the client has sent. */
  readonly reason: string;
}

const WRONG_HOST: Refusal = {
  kind: 'host',
  reason: 'unknown Host',
  status: 421,
  code: 'permission_denied',
  message:
    'the Host of the request is neither an address, nor localhost, nor a name that --allow-host lists',
};

const WRONG_ORIGIN: Refusal = {
  kind: 'origin',
  reason: 'unknown Origin',
  status: 403,
  code: 'permission_denied',
  message: 'the Origin of the request is neither this server nor one that --allow-origin lists',
};

const OVERLOADED: Refusal = {
  kind: 'overloaded',
  reason: 'the server is overloaded',
  status: 503,
  code: 'unavailable',
  message: 'the server is overloaded',
};

function tooManyHeaders(max: number): Refusal {
  const message = `the request has more than ${max} headers`;
  return { kind: 'headers', reason: message, status: 431, code: 'resource_exhausted', message };
}

function notFound(path: string): HttpError {
  const shown = path.slice(0, 200);
  return { status: 404, code: 'not_found', message: `this server has nothing at ${shown}` };
}

function notAllowed(methods: string): HttpError {
  return { status: 405, code: 'unimplemented', message: `the method must be ${methods}` };
}

/** The format of a request for a call, or why it has none. */
function requestedFormat(request: HttpRequest, method: DescMethod): Format | HttpError {
  const isUnary = method.methodKind === 'unary';
  if (request.method === 'GET') return queryFormat(request, method);
  if (request.method !== 'POST') return notAllowed('POST');
  const contentType = request.headers['content-type'] ?? '';
  const isConnect = request.headers['connect-protocol-version'] !== undefined;
  return formatOf(contentType, isUnary, isConnect) ?? unsupported(contentType, isUnary);
}

function queryFormat({ url = '' }: HttpRequest, method: DescMethod): Format | HttpError {
  if (method.methodKind !== 'unary' || method.idempotency !== IdempotencyLevel.NO_SIDE_EFFECTS) {
    return notAllowed(`POST: ${method.name} may have side effects, or streams`);
  }
  const encoding = new URLSearchParams(url.slice(pathLength(url))).get('encoding');
  const format = formatOf(`application/${encoding ?? ''}`, true, true);
  if (format !== undefined) return format;
  const message = 'a GET needs a query such as ?encoding=json&message={"id":1}';
  return { status: 415, code: 'invalid_argument', message };
}

function pathLength(url: string): number {
  const end = url.indexOf('?');
  return end === -1 ? url.length : end;
}

/** Types that a form or a script of another site can send without asking first are not served. */
function unsupported(contentType: string, isUnary: boolean): HttpError {
  const types = isUnary
    ? 'application/json, application/proto'
    : 'application/json, application/x-ndjson, application/connect+json, application/connect+proto';
  const shown = contentType.slice(0, 100);
  return {
    status: 415,
    code: 'invalid_argument',
    message:
      `the content-type must be one of ${types}, application/grpc-web, not "${shown}"; ` +
      "with curl, add: -H 'content-type: application/json'",
  };
}
