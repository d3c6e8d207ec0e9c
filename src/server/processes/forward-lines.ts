import type { Readable } from 'node:stream';
import type { LineWriter } from '../line-writer.js';

/** Longer lines are cut. */
const MAX_LINE_BYTES = 1024 * 1024;

/** How long a source waits before it is read again, while its lines cannot be written. */
const RETRY_MS = 20;

const NEWLINE = 0x0a;

/**
 * Writes the lines of a stream, each as a whole, also the last one if it has no end. While the writer
 * is behind, nothing is read, so that the process at the other end has to wait or to drop lines.
 */
export function forwardLines(source: Readable, writer: LineWriter): void {
  let parts: Buffer[] = [];
  let heldBytes = 0;
  const write = (last?: Buffer): void => {
    if (last !== undefined) parts.push(last);
    if (parts.length > 0) writer.write(withEnd(Buffer.concat(parts).toString()));
    parts = [];
    heldBytes = 0;
  };
  const resume = (): void => {
    if (writer.isBehind) setTimeout(resume, RETRY_MS);
    else source.resume();
  };
  source.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) write(chunk.subarray(0, end));
    if (end < chunk.length) parts.push(chunk.subarray(end));
    heldBytes += chunk.length - end;
    if (heldBytes > MAX_LINE_BYTES) write();
    if (!writer.isBehind) return;
    source.pause();
    resume();
  });
  source.on('end', write);
  // A process that is killed may break its pipe.
  source.on('error', () => undefined);
}

function withEnd(lines: string): string {
  return lines.endsWith('\n') ? lines : `${lines}\n`;
}
