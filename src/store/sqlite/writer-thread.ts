// Runs in a thread of its own, which writer-client.ts starts.
import { parentPort, workerData } from 'node:worker_threads';
import { openConnection } from './database.js';
import { watchStoreFile } from './store-file.js';
import { createWriter, type Writer } from './writer.js';
import {
  isMovable,
  packGroup,
  toPlainError,
  unpackWrites,
  type Request,
  type Response,
} from './writer-messages.js';

type WriterFunction = (...values: readonly unknown[]) => unknown;

function run(writer: Writer, request: Request): Response {
  const { id } = request;
  try {
    if ('writes' in request) {
      return { id, group: packGroup(writer.commit(unpackWrites(request.writes))) };
    }
    const functions = writer as unknown as Record<keyof Writer, WriterFunction>;
    return { id, result: functions[request.name](...request.values) };
  } catch (error) {
    return { id, error: toPlainError(error) };
  }
}

const port = parentPort;
if (port !== null) {
  const path = workerData as string;
  const database = openConnection(path);
  const second = openConnection(path);
  const writer = createWriter({ database, second, file: watchStoreFile(path), path });
  port.on('message', (request: Request | 'close') => {
    if (request === 'close') {
      // The statements, and with them SQLite's locks, are released at the end of the thread.
      database.close();
      second.close();
      port.close();
      return;
    }
    const response = run(writer, request);
    const moved =
      'group' in response && isMovable(response.group.bytes) ? [response.group.bytes.buffer] : [];
    port.postMessage(response, moved);
  });
  port.postMessage('ready');
}
