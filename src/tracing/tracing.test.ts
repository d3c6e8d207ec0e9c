import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { GreeterDefinition } from '../../gen/greeter/greeter.js';
import { connect, fromCall, openChannel, type Directory } from '../index.js';
import { DirectoryError } from '../directory/errors.js';
import { service, type Call } from '../rpc/index.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { startServer } from '../server/start.js';
import { openLog, type Log } from '../server/log.js';
import { parentIdOf, recordSpans } from '../test-support/recorded-spans.js';
import { rawCall } from '../test-support/raw-call.js';
import { scrape } from '../test-support/exposition.js';

const GET_PHONE = 'personguide.PersonGuide/GetPhone';
const GREETER = '/greeter.Greeter/SayHello';

let server: RunningDirectory;
let directory: Directory;

beforeAll(async () => {
  server = await startDirectory({
    ...{ listen: ['127.0.0.1:0'], metrics: '127.0.0.1:0', store: ':memory:', demo: true },
    logLevel: 'silent',
  });
  directory = connect(server.addresses[0] ?? '');
});

afterAll(async () => {
  directory.close();
  await server.stop();
});

describe('a traced call', () => {
  it('has spans of the call, the attempt, the server and the store in one trace', async () => {
    await using recorded = recordSpans();
    await recorded.inSpan(() => directory.people.getPhone({ id: 1 }));
    const spans = recorded.spans().filter(({ name }) => name === GET_PHONE);
    const called = spans.find(({ kind }) => kind === SpanKind.INTERNAL);
    const served = spans.find(({ kind }) => kind === SpanKind.SERVER);
    const attempt = recorded.span(`${GET_PHONE} attempt`);
    const test = recorded.span('test');
    const store = recorded.span('store findPeople');
    const parents = [called, attempt, served, store].map((span) => span && parentIdOf(span));
    const expected = [test, called, attempt, served].map((span) => span?.spanContext().spanId);
    expect(parents).toEqual(expected);
    expect(new Set(recorded.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(attempt.kind).toBe(SpanKind.CLIENT);
    const attributes = {
      'rpc.system.name': 'grpc',
      'rpc.method': GET_PHONE,
      'rpc.response.status_code': 'OK',
    };
    for (const span of [called, attempt, served]) {
      expect(span?.attributes).toMatchObject(attributes);
    }
    expect(served?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('that writes has the commit below the operation', async () => {
    await using recorded = recordSpans();
    await directory.people.recordPersons([{ name: 'Ada' }]);
    const operation = recorded.span('store recordPeople');
    const commit = recorded.span('store commit');
    expect(parentIdOf(commit)).toBe(operation.spanContext().spanId);
    expect(commit.attributes['db.operation.batch.size']).toBe(1);
    const [start, end] = [commit.startTime, commit.endTime].map(([s, ns]) => s + ns / 1e9);
    expect(end).toBeGreaterThan(start ?? Infinity);
  });

  it.each([
    ['server stream', () => all(directory.people.listPersons({})), 'ListPersons'],
    ['bidirectional stream', () => all(directory.people.routePhones([{ id: 1 }])), 'RoutePhones'],
  ])('may be a %s', async (_, call, method) => {
    await using recorded = recordSpans();
    await call();
    const attempt = recorded.span(`personguide.PersonGuide/${method} attempt`);
    const served = recorded.spans().find(({ kind }) => kind === SpanKind.SERVER);
    expect(served && parentIdOf(served)).toBe(attempt.spanContext().spanId);
    expect(served?.attributes['rpc.response.status_code']).toBe('OK');
  });

  it('that fails is a failure of the client, and of the server only if that has failed', async () => {
    await using recorded = recordSpans();
    await expect(directory.people.getPhone({ id: 999 })).rejects.toThrow('NOT_FOUND');
    const [served] = recorded.spans().filter(({ kind }) => kind === SpanKind.SERVER);
    const attempt = recorded.span(`${GET_PHONE} attempt`);
    expect(served?.status.code).toBe(SpanStatusCode.UNSET);
    expect(served?.attributes['rpc.response.status_code']).toBe('NOT_FOUND');
    expect(served?.attributes['error.type']).toBeUndefined();
    expect(attempt.status.code).toBe(SpanStatusCode.ERROR);
    expect(attempt.attributes['error.type']).toBe('NOT_FOUND');
  });

  it('of a method that the server does not have is named as such', async () => {
    await using recorded = recordSpans();
    await rawCall(server.addresses[0] ?? '', '/personguide.PersonGuide/NoSuchMethod', []);
    const served = recorded.span('grpc');
    expect(served.attributes).toMatchObject({
      'rpc.method': '_OTHER',
      'rpc.method_original': 'personguide.PersonGuide/NoSuchMethod',
      'error.type': 'UNIMPLEMENTED',
    });
    expect(served.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('continues the trace of its caller, with its state', async () => {
    await using recorded = recordSpans();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const metadata = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'vendor=1' };
    await rawCall(server.addresses[0] ?? '', `/${GET_PHONE}`, [Buffer.of(16, 1)], { metadata });
    const [served] = recorded.spans().filter(({ kind }) => kind === SpanKind.SERVER);
    expect(served?.spanContext().traceId).toBe(traceId);
    expect(served?.spanContext().traceState?.get('vendor')).toBe('1');
    expect(served && parentIdOf(served)).toBe('b7ad6b7169203331');
  });

  it('that is not sampled has no spans, and says so to the server', async () => {
    await using recorded = recordSpans({ sampled: false });
    await using greeter = await startGreeter();
    await greeter.client.sayHello({});
    expect(recorded.spans()).toEqual([]);
    expect(String(greeter.calls[0]?.headers['traceparent'])).toMatch(
      /^00-[\da-f]{32}-[\da-f]{16}-00$/,
    );
    expect(greeter.calls[0]?.trace?.isSampled).toBe(false);
  });

  it('is an example in the histogram of its method', async () => {
    await using recorded = recordSpans();
    await directory.people.getPhone({ id: 1 });
    const metrics = await scrape(server.metricsAddress ?? '', { open: true });
    const samples = metrics.get('grpc_server_handling_seconds')?.samples ?? [];
    const traceIds = samples.map(({ exemplar }) => exemplar?.['trace_id']);
    expect(traceIds).toContain(recorded.span(`${GET_PHONE} attempt`).spanContext().traceId);
  });
});

describe('retries', () => {
  it('have a span each, in the span of the call', async () => {
    await using recorded = recordSpans();
    let calls = 0;
    await using greeter = await startGreeter(() => {
      calls += 1;
      if (calls === 1) throw new DirectoryError('unavailable', 'not yet', { retryDelayMs: 1 });
    });
    await greeter.retried();
    const attempts = recorded.spans().filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(attempts.map(({ attributes }) => attributes['rpc.resend_count'])).toEqual([
      undefined,
      1,
    ]);
    expect(attempts.map(({ status: { code } }) => code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
    ]);
    expect(new Set(attempts.map(parentIdOf)).size).toBe(1);
  });
});

describe('a call on behalf of another', () => {
  it('is a child of that one, with fromCall also where the context is lost', async () => {
    await using recorded = recordSpans();
    await using greeter = await startGreeter();
    await recorded.inSpan(() => greeter.client.sayHello({ name: 'Ada' }));
    const [handled] = greeter.calls;
    if (handled === undefined) throw new Error('the call did not arrive');
    // As from an event emitter that runs elsewhere: there is no active span here.
    await directory.people.getPhone({ id: 1 }, { metadata: fromCall(handled).metadata });
    const served = recorded
      .spans()
      .find(({ name, kind }) => name === GREETER.slice(1) && kind === SpanKind.SERVER);
    const called = recorded
      .spans()
      .find(({ name, kind }) => name === GET_PHONE && kind === SpanKind.INTERNAL);
    expect(called && parentIdOf(called)).toBe(served?.spanContext().spanId);
  });
});

describe('the log', () => {
  it('has the ids of the span, so that the trace is found from its line', async () => {
    await using recorded = recordSpans();
    await using greeter = await startGreeter();
    await greeter.client.sayHello({});
    const served = recorded.spans().find(({ kind }) => kind === SpanKind.SERVER);
    const { traceId, spanId } = served?.spanContext() ?? {};
    expect(greeter.lines.join('\n')).toContain(
      `"trace_id":"${traceId ?? '?'}","span_id":"${spanId ?? '?'}"`,
    );
  });

  it('has the ids of the caller without tracing', async () => {
    await using greeter = await startGreeter();
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const metadata = { traceparent: `00-${traceId}-${spanId}-01` };
    await greeter.client.sayHello({}, { metadata });
    expect(greeter.lines.join('\n')).toContain(`"trace_id":"${traceId}","span_id":"${spanId}"`);
    expect(greeter.calls[0]?.trace).toBeUndefined();
  });
});

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A service of our own, with the calls and log lines that it has seen. */
async function startGreeter(onCall: () => void = () => undefined) {
  const calls: Call[] = [];
  const lines: string[] = [];
  const log = Object.assign(openLog('silent'), {
    writeInfo: (line: string) => lines.push(line),
  }) as Log;
  const sayHello = (_: unknown, call: Call): { message: string } => {
    calls.push(call);
    onCall();
    return { message: 'Hello' };
  };
  const greeter = service(GreeterDefinition, { sayHello, sayHelloAgain: sayHello });
  const running = await startServer({ listen: ['127.0.0.1:0'], log, services: [greeter] });
  const channel = openChannel(running.addresses[0] ?? '', { retry: { initialBackoffMs: 1 } });
  const { sayHello: definition } = GreeterDefinition.methods;
  const retried = { ...definition, options: { idempotencyLevel: 'NO_SIDE_EFFECTS' } };
  return {
    ...{ calls, lines, client: channel.client(GreeterDefinition) },
    retried: () =>
      channel
        .client({ fullName: GreeterDefinition.fullName, methods: { sayHello: retried } })
        .sayHello({}),
    [Symbol.asyncDispose]: async () => {
      channel.close();
      await running.stop();
    },
  };
}
