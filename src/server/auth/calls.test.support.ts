import { Writable } from 'node:stream';
import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { pino } from 'pino';
import { Code } from '../../rpc/index.js';
import { detailsOf } from '../../test-support/raw-call.js';
import type { Log } from '../log.js';

/** How a call ended. */
export interface CallEnd {
  /** Such as `PERMISSION_DENIED`. */
  readonly code: string;
  readonly text: string;
  /** Of the ErrorInfo; undefined if there is none. */
  readonly reason: string | undefined;
}

/** Makes a call without a request message, with those values of `authorization`; never rejects. */
export function callWith(
  address: string,
  path: string,
  authorization: readonly string[] = [],
): Promise<CallEnd> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const value of authorization) metadata.add('authorization', value);
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    const deadline = Date.now() + 10_000;
    client
      .makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs, metadata, { deadline })
      .on('data', () => undefined)
      .on('error', () => undefined)
      .on('status', (status: StatusObject) => {
        client.close();
        resolve(endOf(status));
      })
      .end();
  });
}

function endOf(status: StatusObject): CallEnd {
  const hasDetails = status.metadata.get('grpc-status-details-bin').length > 0;
  return {
    code: Code[status.code] ?? String(status.code),
    text: status.details,
    reason: hasDetails ? detailsOf(status).reason : undefined,
  };
}

/** A line of a log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A log in memory. */
export interface MemoryLog {
  readonly log: Log;
  readonly lines: readonly LogLine[];
  /** Resolves with the first line, past or future, for which that is true. */
  readonly waitForLine: (isIt: (line: LogLine) => boolean) => Promise<LogLine>;
}

/** Keeps all lines, also those of the lowest level. */
export function memoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const listeners = new Set<() => void>();
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(JSON.parse(String(chunk)) as LogLine);
      for (const listener of listeners) listener();
      done();
    },
  });
  const log = Object.assign(pino({ level: 'trace' }, destination), {
    close: async () => undefined,
  });
  const waitForLine: MemoryLog['waitForLine'] = (isIt) =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.find(isIt);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  return { log, lines, waitForLine };
}
