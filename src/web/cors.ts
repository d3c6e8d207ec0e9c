import { cors } from '@connectrpc/connect';
import type { HttpRequest, HttpResponse } from './http-exchange.js';

/** How long a browser may remember that it may call: Chromium's maximum. */
const MAX_AGE_S = 7200;

const ALLOWED_HEADERS = [
  ...cors.allowedHeaders,
  'Authorization',
  'Idempotency-Key',
  'X-Request-Id',
  'Traceparent',
  'Tracestate',
].join(', ');

const EXPOSED_HEADERS = [...cors.exposedHeaders, 'X-Request-Id'].join(', ');

/** Lets the pages of an origin read a response. */
export function allowOrigin({ headers }: HttpRequest, response: HttpResponse): void {
  response.setHeader('access-control-allow-origin', headers.origin ?? '');
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
}

/** Responds to the question of a browser whether a page of that origin may call. */
export function respondToPreflight(response: HttpResponse): void {
  response.setHeader('access-control-allow-methods', cors.allowedMethods.join(', '));
  response.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
  response.setHeader('access-control-max-age', MAX_AGE_S);
  response.statusCode = 204;
  response.end();
}
