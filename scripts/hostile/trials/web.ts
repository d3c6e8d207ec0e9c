import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { tcpConnection } from '../../../src/test-support/attacks/raw-connection.js';
import type { Target } from '../target.js';
import { statusTrials } from '../status-trials.js';
import type { TrialGroup } from '../trial.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const JSON_HEADERS = ['Host: localhost', 'Content-Type: application/json', 'Connection: close'];

interface BadRequest {
  readonly start?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
  /** The HTTP status; `closed` if the connection ends without one. */
  readonly expected: readonly string[];
}

const badRequests: Readonly<Record<string, BadRequest>> = {
  'a call of another host': {
    headers: ['Host: evil.example', 'Content-Type: application/json', 'Connection: close'],
    body: '{"id":1}',
    expected: ['421'],
  },
  'a call without Host': {
    headers: ['Content-Type: application/json', 'Connection: close'],
    body: '{"id":1}',
    expected: ['400', '421'],
  },
  'a form': {
    headers: [
      'Host: localhost',
      'Content-Type: application/x-www-form-urlencoded',
      'Connection: close',
    ],
    body: 'id=1',
    expected: ['415'],
  },
  'plain text': {
    headers: ['Host: localhost', 'Content-Type: text/plain', 'Connection: close'],
    body: '{"id":1}',
    expected: ['415'],
  },
  'JSON that is cut off': { body: '{"id":', expected: ['400'] },
  'a key that does not exist': { body: '{"id":1,"nme":"a"}', expected: ['400'] },
  'JSON 100,000 levels deep': { body: '['.repeat(100_000), expected: ['400', '413', '429'] },
  'a body of 8 MB': {
    body: `{"name":"${'a'.repeat(8_000_000)}"}`,
    expected: ['400', '413', '429', 'closed'],
  },
  'gzip that inflates to 100 MB': {
    headers: [...JSON_HEADERS, 'Content-Encoding: gzip'],
    body: gzipSync(Buffer.alloc(100_000_000, 32)),
    expected: ['400', '413', '429'],
  },
  'a path up the tree': {
    start: 'GET /../../../etc/passwd HTTP/1.1',
    expected: ['404', '400'],
  },
  'an encoded path up the tree': {
    start: 'GET /%2e%2e/%2e%2e/package.json HTTP/1.1',
    expected: ['404', '400'],
  },
  'a header of 100 KB': {
    headers: [...JSON_HEADERS, `X-Large: ${'a'.repeat(100_000)}`],
    expected: ['431', 'closed'],
  },
  'two lengths': {
    headers: [...JSON_HEADERS, 'Content-Length: 8', 'Content-Length: 4'],
    expected: ['400'],
  },
  'a length and chunks': {
    headers: [...JSON_HEADERS, 'Content-Length: 8', 'Transfer-Encoding: chunked'],
    expected: ['400'],
  },
  'a method that does not exist': {
    start: 'BREW / HTTP/1.1',
    expected: ['400', '404', '405', 'closed'],
  },
  'an upgrade to WebSocket': {
    start: 'GET / HTTP/1.1',
    headers: ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'],
    expected: ['200', '400', '404', '426', 'closed'],
  },
};

/** Over HTTP/1.1, as browsers and curl call; each on a connection of its own. */
export const webRequests: TrialGroup = {
  title: 'Invalid requests of browsers',
  shared: true,
  trials: statusTrials(badRequests, statusOf),
};

export const webFloods: TrialGroup = {
  title: 'Floods over HTTP/1.1',
  trials: [
    {
      name: '500 connections whose headers never end',
      run: ({ address }) => opened(address, 500, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
    },
    {
      name: '500 requests whose body never ends',
      run: ({ address }) =>
        opened(
          address,
          500,
          `POST ${GET_PHONE} HTTP/1.1\r\n${JSON_HEADERS.slice(0, 2).join('\r\n')}\r\nContent-Length: 1000\r\n\r\n{`,
        ),
    },
    {
      name: '20 connections with 5,000 calls each that wait for no response',
      othersMs: 250,
      run: ({ address }) =>
        opened(
          address,
          20,
          `POST ${GET_PHONE} HTTP/1.1\r\n${JSON_HEADERS.slice(0, 2).join('\r\n')}\r\nContent-Length: 8\r\n\r\n{"id":1}`.repeat(
            5000,
          ),
        ),
    },
    {
      name: '100 lists of 100,000 people in JSON that nobody reads',
      people: 100_000,
      run: ({ address }) =>
        opened(
          address,
          100,
          `POST /personguide.PersonGuide/ListPersons HTTP/1.1\r\n${JSON_HEADERS.slice(0, 2).join('\r\n')}\r\nContent-Length: 2\r\n\r\n{}`,
        ),
    },
  ],
};

/** Connections that have sent that text and read nothing. */
async function opened(
  address: Target['address'],
  connections: number,
  text: string,
): Promise<Disposable[]> {
  return Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await tcpConnection(address);
      socket.pause();
      socket.write(text);
      return {
        [Symbol.dispose]: () => {
          socket.destroy();
        },
      };
    }),
  );
}

async function statusOf(
  address: string,
  { start = `POST ${GET_PHONE} HTTP/1.1`, headers = JSON_HEADERS, body = '' }: BadRequest,
): Promise<string> {
  const socket = await tcpConnection(address);
  const hasLength = headers.some((header) => header.startsWith('Content-Length'));
  const length = hasLength ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  let response = '';
  socket.setEncoding('latin1').on('data', (text: string) => (response += text));
  socket.write(`${[start, ...headers, ...length].join('\r\n')}\r\n\r\n`);
  socket.write(body);
  // A server that has refused a request need not read the rest of it.
  await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined);
  socket.destroy();
  return /^HTTP\/1\.1 (\d{3})/.exec(response)?.[1] ?? 'closed';
}
