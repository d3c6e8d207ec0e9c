import { isPublicError, type Middleware } from '../rpc/index.js';
import { gauge, sample, type MetricObject } from './metric-object.js';
import { Tally } from './tally.js';

/** What a connection speaks. */
export type Protocol = 'http1' | 'http2';

/** Why connections are refused. */
const CONNECTION_REFUSALS = [
  ...['too_many', 'too_many_from_address', 'silent', 'http1', 'not_http2', 'tls'],
];

/** Why calls are refused, or ended by the server although they could go on. */
const CALL_REFUSALS = [
  // Before they are calls, by their headers.
  ...['content_type', 'method', 'headers', 'timeout', 'overloaded', 'host', 'origin'],
  // By access control.
  ...['not_authenticated', 'scope_missing', 'credentials_unchecked'],
  ...['too_many_failed_logins', 'call_rate_exceeded', 'too_many_streams'],
  // Later, to protect the server.
  ...['unary_deadline', 'stream_idle', 'held_bytes'],
];

/** Connections, and what the server does not take from strangers. */
export class Traffic {
  readonly refusedConnections = new Tally(CONNECTION_REFUSALS);
  readonly refusedCalls = new Tally(CALL_REFUSALS);
  readonly #open: Record<Protocol, number> = { http1: 0, http2: 0 };

  /** Counts a connection as open until the returned function is called. */
  connected(protocol: Protocol): () => void {
    this.#open[protocol] += 1;
    return () => {
      this.#open[protocol] -= 1;
    };
  }

  /** Access control whose refusals are counted. */
  counted(accessControl: Middleware): Middleware {
    const count = (error: unknown): void => {
      if (isPublicError(error)) this.refusedCalls.add((error.code ?? error.reason).toLowerCase());
    };
    return (call, next) => {
      // What comes after `next` throws into the call, not through here.
      try {
        const pending = accessControl(call, next);
        return pending?.catch((error: unknown) => {
          count(error);
          throw error;
        });
      } catch (error) {
        count(error);
        throw error;
      }
    };
  }

  collect(): MetricObject[] {
    const open = Object.entries(this.#open).map(([protocol, count]) => sample(count, { protocol }));
    return [
      gauge('personguide_connections', 'Open connections.', open),
      this.refusedConnections.toMetric(
        'personguide_refused_connections_total',
        'Connections that were refused.',
      ),
      this.refusedCalls.toMetric(
        'personguide_refused_calls_total',
        'Calls that were refused, or ended to protect the server.',
      ),
    ];
  }
}
