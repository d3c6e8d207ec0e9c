import { context, propagation, trace, type Span as ApiSpan } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';

/** The SDK of OpenTelemetry, registered, with the spans that have ended. */
export interface RecordedSpans extends AsyncDisposable {
  /** All spans that have ended, in order. */
  readonly spans: () => readonly ReadableSpan[];
  /** The only span of that name. Throws if there are none or several. */
  readonly span: (name: string) => ReadableSpan;
  /** Runs `work` in a span of the caller. */
  readonly inSpan: <T>(work: (span: ApiSpan) => Promise<T>) => Promise<T>;
}

/** Registers the SDK until the returned object is disposed of. */
export function recordSpans({ sampled = true } = {}): RecordedSpans {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    ...(!sampled && { sampler: new AlwaysOffSampler() }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.register();
  const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
  return {
    spans,
    span: (name) => {
      const [only, ...others] = spans().filter((span) => span.name === name);
      if (only !== undefined && others.length === 0) return only;
      throw new Error(
        `not one ${name} among ${spans()
          .map((span) => span.name)
          .join(', ')}`,
      );
    },
    inSpan: (work) =>
      trace.getTracer('test').startActiveSpan('test', async (span) => {
        try {
          return await work(span);
        } finally {
          span.end();
        }
      }),
    [Symbol.asyncDispose]: async () => {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/** The id of the parent of a span; undefined for the first of a trace. */
export function parentIdOf({ parentSpanContext }: ReadableSpan): string | undefined {
  return parentSpanContext?.spanId;
}
