/**
 * The other client: calls GetPhone every 5 ms on a connection of its own, from a process of its own,
 * and reports how long the calls took whenever it is asked. Run by other-client.ts.
 */
import { connect, type IncomingHttpHeaders } from 'node:http2';

const INTERVAL_MS = 5;
const ADDRESS = process.argv[2] ?? '';

/** OK, and NOT_FOUND, which a server without people responds. */
const SERVED: ReadonlySet<string> = new Set(['0', '5']);

/** GetPhone of the person with id 1. */
const REQUEST = Buffer.of(0, 0, 0, 0, 2, 16, 1);

let durationsMs: number[] = [];
let refused = 0;
const startedMs = new Map<number, number>();
let calls = 0;

const session = connect(`http://${ADDRESS}`).on('error', () => undefined);

function call(): void {
  if (session.closed || session.destroyed) {
    refused += 1;
    return;
  }
  const id = (calls += 1);
  startedMs.set(id, performance.now());
  let status = '';
  const note = (headers: IncomingHttpHeaders): void => {
    if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status'];
  };
  const stream = session.request({
    ':method': 'POST',
    ':path': '/personguide.PersonGuide/GetPhone',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream
    .on('error', () => undefined)
    .on('response', note)
    .on('trailers', note);
  stream.once('close', () => {
    if (SERVED.has(status)) durationsMs.push(performance.now() - (startedMs.get(id) ?? 0));
    else refused += 1;
    startedMs.delete(id);
  });
  stream.resume().end(REQUEST);
}

process.on('message', () => {
  // A call without a response has taken at least as long as it has waited.
  const nowMs = performance.now();
  const waitingMs = [...startedMs.values()].map((ms) => nowMs - ms);
  const sorted = [...durationsMs, ...waitingMs].sort((a, b) => a - b);
  const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
  process.send?.({ calls: sorted.length, refused, p99Ms, maxMs: sorted.at(-1) ?? 0 });
  durationsMs = [];
  refused = 0;
});
process.on('disconnect', () => process.exit(0));
session.once('connect', () => setInterval(call, INTERVAL_MS));
