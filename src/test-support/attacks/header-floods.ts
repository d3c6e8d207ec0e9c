import { hpack, NEWEST } from './hpack.js';
import { grpcHeaders, headersFrame, rawConnection, type RawConnection } from './raw-connection.js';

/** How many requests are written at a time. */
const BATCH = 100;

/** CONNECT requests, with a path or without; their streams stay open. */
export async function connectRequests(
  address: string,
  { requests = 20_000, path = undefined as string | undefined } = {},
): Promise<RawConnection> {
  const block = Buffer.concat([
    hpack.literal(':method', 'CONNECT'),
    hpack.literal(':authority', 'localhost'),
    ...(path === undefined ? [] : [hpack.indexed(6), hpack.literal(':path', path)]),
    hpack.literal('content-type', 'application/grpc'),
  ]);
  return flood(address, requests, () => block);
}

/**
 * CONNECT requests each of which refers to one large header many times: a few bytes on the wire are
 * 64 KB of headers.
 */
export async function connectReferences(
  address: string,
  { requests = 20_000, references = 15, name = 'x-large' } = {},
): Promise<RawConnection> {
  const start = [
    hpack.literal(':method', 'CONNECT'),
    hpack.literal(':authority', 'localhost'),
    hpack.literal('content-type', 'application/grpc'),
  ];
  return floodOfReferences(address, start, { requests, references, name });
}

/** Requests of a method each of which refers to one large header many times. */
export async function headerReferences(
  address: string,
  { requests = 2000, references = 15, name = 'x-large' } = {},
): Promise<RawConnection> {
  const start = [grpcHeaders('/personguide.PersonGuide/GetPhone')];
  return floodOfReferences(address, start, { requests, references, name });
}

function floodOfReferences(
  address: string,
  start: readonly Buffer[],
  { requests, references, name }: { requests: number; references: number; name: string },
): Promise<RawConnection> {
  const large = hpack.indexing(name, 'YWFh'.repeat(1000));
  const again = Buffer.concat([...start, ...Array<Buffer>(references).fill(hpack.indexed(NEWEST))]);
  const first = Buffer.concat([...start, large]);
  return flood(address, requests, (index) => (index === 0 ? first : again));
}

/** Requests whose metadata grpc-js cannot read, each of them with 100 such headers. */
export async function badMetadata(
  address: string,
  { requests = 20_000, headers = 20 } = {},
): Promise<RawConnection> {
  const bad = Array.from({ length: headers }, (_, index) =>
    hpack.literal(`x-bad-${index}`, 'caf\xe9'),
  );
  const block = Buffer.concat([grpcHeaders('/personguide.PersonGuide/GetPhone'), ...bad]);
  return flood(address, requests, () => block, true);
}

/** Half-open requests: headers, and nothing else. */
export async function halfOpenStreams(
  address: string,
  { requests = 10_000, path = '/personguide.PersonGuide/GetPhone' } = {},
): Promise<RawConnection> {
  const block = grpcHeaders(path);
  return flood(address, requests, () => block);
}

/** Sends the headers of that many requests on one connection, as fast as the server reads. */
async function flood(
  address: string,
  requests: number,
  blockOf: (index: number) => Buffer,
  endStream = false,
): Promise<RawConnection> {
  const connection = await rawConnection(address);
  for (let first = 0; first < requests && !connection.socket.destroyed; first += BATCH) {
    const frames: Buffer[] = [];
    for (let index = first; index < Math.min(first + BATCH, requests); index += 1) {
      frames.push(headersFrame(index * 2 + 1, blockOf(index), endStream));
    }
    await connection.write(...frames);
  }
  await connection.roundTrip();
  return connection;
}
