import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatHostPort, type HostPort } from '../host-port.js';
import type { MetricObject } from './metric-object.js';
import { OPEN_METRICS, PROMETHEUS, render } from './prometheus.js';

/** What an endpoint shows. */
export interface EndpointSource {
  /** The metrics of each process. */
  readonly collect: () => Promise<readonly (readonly MetricObject[])[]>;
  /** Whether calls are served. */
  readonly isReady: () => boolean | Promise<boolean>;
}

/** A port for metrics and probes. */
export interface Endpoint {
  /** HOST:PORT with the port taken. */
  readonly address: string;
  close(): Promise<void>;
}

/** A scraper needs one. */
const MAX_CONNECTIONS = 50;

/** How long a request may take to arrive. */
const REQUEST_MS = 10_000;

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string;
}

/**
 * Listens with `/metrics`, `/healthz` (200 as long as the process responds) and `/readyz` (200 while
 * calls are served, else 503). Rejects with the error of `listen`.
 */
export async function openEndpoint(at: HostPort, source: EndpointSource): Promise<Endpoint> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: 60_000 },
    (request, response) => {
      void respond(source, request, response);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: at.host, port }),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  source: EndpointSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, text, contentType } = await replyTo(source, request).catch(
    (error: unknown): Reply => ({ status: 500, text: `${String(error)}\n` }),
  );
  response.writeHead(status, {
    'content-type': contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function replyTo(
  { collect, isReady }: EndpointSource,
  { method, url = '/', headers }: IncomingMessage,
): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET and HEAD\n' };
  switch (url.split('?', 1)[0]) {
    case '/metrics': {
      const isOpen = headers.accept?.includes('application/openmetrics-text') === true;
      const contentType = isOpen ? OPEN_METRICS : PROMETHEUS;
      return { status: 200, text: await render(await collect(), contentType), contentType };
    }
    case '/healthz':
      return { status: 200, text: 'ok\n' };
    case '/readyz':
      return (await isReady())
        ? { status: 200, text: 'ready\n' }
        : { status: 503, text: 'not ready\n' };
    default:
      return { status: 404, text: 'this port has /metrics, /healthz and /readyz\n' };
  }
}
