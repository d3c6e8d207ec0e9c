import type { HttpResponse } from './http-exchange.js';

/** An error that is not one of a call, in the form of Connect's errors. */
export interface HttpError {
  readonly status: number;
  /** A gRPC code as Connect writes it: `not_found`. */
  readonly code: string;
  readonly message: string;
}

/** Responds with an error. The rest of the request is not read. */
export function respondError(response: HttpResponse, error: HttpError): void {
  const { status, code, message } = error;
  respondJson(response, status, { code, message });
}

/** Responds with a JSON value and a line break, which terminals need. */
export function respondJson(response: HttpResponse, status: number, value: object): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', body.length);
  response.setHeader('cache-control', 'no-store');
  response.statusCode = status;
  response.end(body);
}
