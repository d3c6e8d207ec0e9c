import type { Context, Span } from '@opentelemetry/api';
import { observeStore, type StoreOperation } from '../directory/observed-store.js';
import type { Commit, Store } from '../directory/store.js';
import { markFailed, registeredTracing, type Tracing } from './registered.js';

/** Operations that are part of a commit. */
const WRITES: ReadonlySet<StoreOperation> = new Set<StoreOperation>([
  ...(['recordPeople', 'changePerson', 'purgeDeleted', 'importPeople'] as const),
  ...(['addUser', 'changeUser', 'addKey', 'revokeKey'] as const),
]);

interface EndedCommit extends Commit {
  /** As performance.now() counts. */
  readonly endMs: number;
}

/**
 * Gives each operation of a store that belongs to a traced call a span, and in it one for the commit
 * that made it durable. Operations beyond calls, such as sweeps, have none.
 */
export class StoreSpans {
  #last: EndedCommit | undefined;

  /** For `onCommit` of the store. */
  readonly committed = (commit: Commit): void => {
    this.#last = { ...commit, endMs: performance.now() };
  };

  /** The store, with its operations traced. */
  traced(store: Store): Store {
    return observeStore(store, (operation, work) => {
      const tracing = registeredTracing();
      if (tracing === undefined) return work();
      const context = tracing.api.context.active();
      const isTraced = tracing.api.trace.getSpan(context)?.isRecording() === true;
      return isTraced ? this.#inSpan(tracing, context, operation, work) : work();
    });
  }

  #inSpan<T>(
    tracing: Tracing,
    context: Context,
    operation: StoreOperation,
    work: () => Promise<T>,
  ): Promise<T> {
    const startMs = performance.now();
    const attributes = { 'db.operation.name': operation };
    const span = tracing.tracer.startSpan(`store ${operation}`, { attributes }, context);
    return work().then(
      (result) => {
        if (WRITES.has(operation)) this.#addCommit(tracing, context, span, startMs);
        span.end();
        return result;
      },
      (error: unknown) => {
        markFailed(tracing, span, nameOf(error));
        span.end();
        throw error;
      },
    );
  }

  /** An operation settles directly after its commit, so that its commit is the last one. */
  #addCommit({ api, tracer }: Tracing, context: Context, parent: Span, startMs: number): void {
    const last = this.#last;
    // A result that was found by its idempotency key may have needed no commit.
    if (last === undefined || last.endMs < startMs) return;
    const toEpoch = (ms: number): number => performance.timeOrigin + ms;
    const span = tracer.startSpan(
      'store commit',
      {
        startTime: toEpoch(Math.max(startMs, last.endMs - last.durationMs)),
        attributes: { 'db.operation.batch.size': last.writes },
      },
      api.trace.setSpan(context, parent),
    );
    span.end(toEpoch(last.endMs));
  }
}

/** The code of a DirectoryError, or the class of another error. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
