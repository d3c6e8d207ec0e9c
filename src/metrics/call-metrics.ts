import { Code, type Call, type Middleware, type Service } from '../rpc/index.js';
import { Histogram, SECONDS } from './histogram.js';
import {
  counter,
  histogram,
  sample,
  type Labels,
  type MetricObject,
  type MetricValue,
} from './metric-object.js';

/** `NotFound` for NOT_FOUND, as Go spells codes, and with it the dashboards for these metrics. */
const CODE_NAMES: readonly string[] = Object.values(Code)
  .filter((code): code is string => typeof code === 'string')
  .map((name) =>
    name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, first: string) => first.toUpperCase()),
  )
  .map((name) => (name === 'Ok' ? 'OK' : name));

/** A client can call any method: those that the server does not have are one. */
const UNKNOWN: Labels = { grpc_type: 'other', grpc_service: 'other', grpc_method: 'other' };

/** What is counted of a method. */
class MethodCounts {
  readonly labels: Labels;
  readonly handled = CODE_NAMES.map(() => 0);
  readonly seconds = new Histogram(SECONDS);
  started = 0;
  ended = 0;
  received = 0;
  sent = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  end(call: Call, code: Code): void {
    this.handled[code] = (this.handled[code] ?? 0) + 1;
    this.ended += 1;
    this.received += call.received;
    this.sent += call.sent;
    this.seconds.observe(call.elapsedMs / 1000, call.trace);
  }
}

/** The methods and calls of a server. */
export interface ServedCalls {
  readonly services: readonly Service[];
  /** The calls that are active. */
  readonly openCalls: () => readonly (Call & { readonly ended: boolean })[];
}

/**
 * Counts calls, under the names of go-grpc-prometheus
 * (https://github.com/grpc-ecosystem/go-grpc-prometheus). With its listener for the end, a call takes 0.2 us.
 */
export class CallMetrics {
  readonly #methods = new Map<string, MethodCounts>();
  readonly #unknown = new MethodCounts(UNKNOWN);
  #openCalls: ServedCalls['openCalls'] = () => [];

  /** The calls of that server are counted from here on. */
  serve({ services, openCalls }: ServedCalls): void {
    this.#openCalls = openCalls;
    for (const { definition } of services) {
      for (const { name, requestStream, responseStream } of Object.values(definition.methods)) {
        const labels = {
          grpc_type: typeOf(requestStream, responseStream),
          grpc_service: definition.fullName,
          grpc_method: name,
        };
        this.#methods.set(`/${definition.fullName}/${name}`, new MethodCounts(labels));
      }
    }
  }

  /** To be the outermost, so that it sees the status that the client gets. */
  readonly middleware: Middleware = (call, next) => {
    const counts = this.#methods.get(call.method) ?? this.#unknown;
    counts.started += 1;
    call.onEnd(({ code }) => {
      counts.end(call, code);
      return undefined;
    });
    next();
  };

  collect(): MetricObject[] {
    const all = [...this.#methods.values(), this.#unknown];
    const open = this.#openMessages();
    const each = (valueOf: (counts: MethodCounts) => number): MetricValue[] =>
      all.map((counts) => sample(valueOf(counts), counts.labels));
    return [
      counter(
        'grpc_server_started_total',
        'Calls that have begun.',
        each(({ started }) => started),
      ),
      counter(
        'grpc_server_handled_total',
        'Calls that have ended, by status.',
        all.flatMap(handled),
      ),
      counter(
        'grpc_server_msg_received_total',
        'Request messages.',
        each((counts) => counts.received + (open.get(counts)?.received ?? 0)),
      ),
      counter(
        'grpc_server_msg_sent_total',
        'Response messages.',
        each((counts) => counts.sent + (open.get(counts)?.sent ?? 0)),
      ),
      histogram(
        'grpc_server_handling_seconds',
        'How long calls took.',
        // A method that was never called has no line for each bucket.
        all.filter(({ ended }) => ended > 0).map(({ labels, seconds }) => [labels, seconds]),
      ),
      openByType(all),
    ];
  }

  /** The messages of calls that have not ended: a watch may go on for weeks. */
  #openMessages(): Map<MethodCounts, { received: number; sent: number }> {
    const messages = new Map<MethodCounts, { received: number; sent: number }>();
    for (const { method, ended, received, sent } of this.#openCalls()) {
      if (ended) continue;
      const counts = this.#methods.get(method) ?? this.#unknown;
      const sum = messages.get(counts) ?? { received: 0, sent: 0 };
      sum.received += received;
      sum.sent += sent;
      messages.set(counts, sum);
    }
    return messages;
  }
}

/** One value per code that has occurred; OK always, so that the rate of a first call is known. */
function handled({ labels, handled: counts }: MethodCounts): MetricValue[] {
  return counts.flatMap((count, code) =>
    count > 0 || code === 0
      ? [sample(count, { ...labels, grpc_code: CODE_NAMES[code] ?? 'Unknown' })]
      : [],
  );
}

function openByType(all: readonly MethodCounts[]): MetricObject {
  const open = new Map<string, number>();
  for (const { labels, started, ended } of all) {
    const { grpc_type: type = '' } = labels;
    open.set(type, (open.get(type) ?? 0) + started - ended);
  }
  const values = Array.from(open, ([type, count]) => sample(count, { grpc_type: type }));
  return {
    ...{ name: 'personguide_open_calls', help: 'Calls that have not ended, by kind.' },
    ...{ type: 'gauge', values, aggregator: 'sum' },
  };
}

function typeOf(requestStream: boolean, responseStream: boolean): string {
  if (requestStream) return responseStream ? 'bidi_stream' : 'client_stream';
  return responseStream ? 'server_stream' : 'unary';
}
