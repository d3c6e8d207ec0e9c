import { callOnce, type Connection } from './raw-client.js';

/**
 * Makes a unary call for each request at a steady rate, on the connections in turn, however many are
 * then in flight. Resolves with the latencies in milliseconds, in the order of the responses. Each
 * is measured from when its call was due: a server that pauses delays all calls of that time, also
 * those that this process could not begin. Rejects at the first call that fails.
 */
export function callAtRate(
  connections: readonly Connection[],
  path: string,
  requests: readonly Buffer[],
  perSecond: number,
): Promise<Float64Array> {
  const latenciesMs = new Float64Array(requests.length);
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    let failed = false;
    const begin = (request: Buffer, connection: Connection): void => {
      const dueMs = startMs + (started * 1000) / perSecond;
      started += 1;
      callOnce(connection, path, request, (error) => {
        if (error !== undefined) {
          failed = true;
          reject(error);
          return;
        }
        latenciesMs[ended] = performance.now() - dueMs;
        ended += 1;
        if (ended === requests.length) resolve(latenciesMs);
      });
    };
    const beginDue = (): void => {
      const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond) + 1;
      while (started < due) {
        const request = requests[started];
        const connection = connections[started % connections.length];
        if (request === undefined || connection === undefined) return;
        begin(request, connection);
      }
      // A timer would be late by up to a millisecond.
      if (!failed) setImmediate(beginDue);
    };
    beginDue();
  });
}
