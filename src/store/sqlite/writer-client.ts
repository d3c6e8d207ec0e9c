import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { storeClosed, storeWriterEnded } from '../../directory/errors.js';
import type { Database } from './database.js';
import { WRITER_THREAD_FILE } from './writer-thread-file.js';
import type { Group, Writer } from './writer.js';
import {
  isMovable,
  packWrites,
  toError,
  unpackGroup,
  type PackedWrites,
  type Request,
  type Response,
} from './writer-messages.js';

/** A writer in this thread or in another one. */
export interface WriterClient {
  /** Whether it works in another thread, on a connection of its own. */
  readonly isThread: boolean;
  /** Calls run one after another, in order. */
  call<Name extends keyof Writer>(
    name: Name,
    ...values: Parameters<Writer[Name]>
  ): Promise<ReturnType<Writer[Name]>>;
  /** Calls the listener with the reason if the thread ends by itself; all calls reject from then on. */
  onEnd(listener: (reason: Error) => void): void;
  /** Resolves when what was called before has ended and the connection is closed. */
  close(): Promise<void>;
}

/** A writer that works in this thread; closing it closes the `second` connection alone. */
export function inlineWriter(writer: Writer, second?: Database): WriterClient {
  return {
    isThread: false,
    onEnd: () => undefined,
    call: async (name, ...values) => {
      const run = writer[name] as (...values: readonly unknown[]) => unknown;
      return run(...values) as never;
    },
    close: async () => {
      second?.close();
    },
  };
}

/** Whether the file of the thread is there; a program that was bundled into one file lacks it. */
export function canStartWriterThread(): boolean {
  return existsSync(WRITER_THREAD_FILE);
}

interface Call {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** By default it is 48, which a large recording fills and the thread never gives back. */
const YOUNG_GENERATION_MIB = 24;

/** Starts a thread with a writer of its own connection to a file that is open already. */
export async function startWriterThread(path: string): Promise<WriterClient> {
  const worker = new Worker(WRITER_THREAD_FILE, {
    workerData: path,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
  const calls = new Map<number, Call>();
  let lastId = 0;
  let isClosing = false;
  let failure: unknown;
  let ended: Error | undefined;
  let onEnd: ((reason: Error) => void) | undefined;

  const exited = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', (code) => {
      if (!isClosing) end(failure ?? new Error(`it exited with ${code}`));
      resolve();
    });
  });

  function end(cause: unknown): void {
    ended = storeWriterEnded(path, cause);
    onEnd?.(ended);
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
  }

  function settle(response: Response): void {
    const call = calls.get(response.id);
    calls.delete(response.id);
    // While it has nothing to do, it does not keep the process running.
    if (calls.size === 0 && !isClosing) worker.unref();
    if ('error' in response) call?.reject(toError(response.error));
    else call?.resolve(resultOf(response) as never);
  }

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      resolve();
    });
    void exited.then(() => {
      reject(ended ?? new Error('closed'));
    });
  });
  worker.on('message', settle);
  worker.unref();

  return {
    isThread: true,
    onEnd: (listener) => {
      onEnd = listener;
    },
    call: (name, ...values) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined || isClosing) {
          reject(ended ?? storeClosed());
          return;
        }
        lastId += 1;
        if (calls.size === 0) worker.ref();
        calls.set(lastId, { resolve, reject });
        const request = toRequest(lastId, name, values);
        worker.postMessage(request, 'writes' in request ? movedBuffers(request.writes) : []);
      }),
    close: async () => {
      isClosing = true;
      worker.ref();
      if (ended === undefined) worker.postMessage('close');
      await exited;
    },
  };
}

function toRequest(id: number, name: keyof Writer, values: readonly unknown[]): Request {
  return name === 'commit' ? { id, writes: packWrites(values[0] as Group) } : { id, name, values };
}

/** Large recordings are moved to the thread, not copied. */
function movedBuffers({ arguments: values }: PackedWrites): ArrayBuffer[] {
  return values.flatMap((value) =>
    value instanceof Uint8Array && isMovable(value) ? [value.buffer] : [],
  );
}

function resultOf(response: Exclude<Response, { error: unknown }>): unknown {
  return 'group' in response ? unpackGroup(response.group) : response.result;
}
