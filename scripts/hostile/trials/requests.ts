import { once } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Person } from '../../../gen/personguide/person_guide.js';
import { frame, http2Call } from '../../../src/test-support/raw-http2.js';
import { statusTrials } from '../status-trials.js';
import type { TrialGroup } from '../trial.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const ADD_USER = '/grpcUser.UserService/AddUser';
const RECORD = '/personguide.PersonGuide/RecordPersons';

const OK = '0';
const INVALID_ARGUMENT = '3';
const DEADLINE_EXCEEDED = '4';
const RESOURCE_EXHAUSTED = '8';
const UNIMPLEMENTED = '12';
const INTERNAL = '13';

interface BadRequest {
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** What follows the headers; undefined: the stream ends there. */
  readonly body?: Buffer | undefined;
  /** A `grpc-status`, or an HTTP status such as 415. */
  readonly expected: readonly string[];
}

const ID_1 = frame(Buffer.of(16, 1));
const USER = frame(Buffer.of(10, 1, 65));

/** A message that contains itself a thousand times. */
const NESTED = Array.from({ length: 1000 }).reduce<Buffer>(
  (inner) => Buffer.concat([Buffer.of(0x32), varint(inner.length), inner]),
  Buffer.alloc(0),
);

const badRequests: Readonly<Record<string, BadRequest>> = {
  'no message': { body: undefined, expected: [UNIMPLEMENTED, INTERNAL, INVALID_ARGUMENT] },
  'two messages': { body: Buffer.concat([ID_1, ID_1]), expected: [UNIMPLEMENTED, INTERNAL] },
  'a length beyond the body': {
    body: Buffer.of(0, 0, 0, 0, 100, 1),
    expected: [INTERNAL, INVALID_ARGUMENT, RESOURCE_EXHAUSTED],
  },
  'half a prefix': { body: Buffer.of(0, 0), expected: [INTERNAL, INVALID_ARGUMENT, UNIMPLEMENTED] },
  'a length of 4 GB': { body: Buffer.of(0, 255, 255, 255, 255), expected: [RESOURCE_EXHAUSTED] },
  'the flag 2': {
    body: Buffer.of(2, 0, 0, 0, 0),
    expected: [INTERNAL, UNIMPLEMENTED, INVALID_ARGUMENT],
  },
  'compressed without an encoding': {
    body: Buffer.of(1, 0, 0, 0, 2, 16, 1),
    expected: [INTERNAL, UNIMPLEMENTED, INVALID_ARGUMENT, OK],
  },
  'an unknown encoding': {
    headers: { 'grpc-encoding': 'zip' },
    body: Buffer.of(1, 0, 0, 0, 2, 16, 1),
    expected: [UNIMPLEMENTED],
  },
  'gzip that is not gzip': {
    headers: { 'grpc-encoding': 'gzip' },
    body: Buffer.of(1, 0, 0, 0, 2, 16, 1),
    expected: [INTERNAL, INVALID_ARGUMENT],
  },
  'gzip that is cut off': {
    headers: { 'grpc-encoding': 'gzip' },
    body: compressed(gzipSync(Buffer.alloc(100)).subarray(0, 15)),
    expected: [INTERNAL, INVALID_ARGUMENT],
  },
  'a message that is not protobuf': {
    body: frame(Buffer.of(7, 7, 7)),
    expected: [INVALID_ARGUMENT],
  },
  'a text beyond the message': {
    body: frame(Buffer.of(10, 100, 65)),
    expected: [INVALID_ARGUMENT],
  },
  'a varint of 11 bytes': {
    body: frame(Buffer.concat([Buffer.of(16), Buffer.alloc(11, 0xff)])),
    expected: [INVALID_ARGUMENT],
  },
  'invalid UTF-8': { body: frame(Buffer.of(26, 2, 0xc3, 0x28)), expected: [INVALID_ARGUMENT] },
  'half a surrogate pair': {
    path: ADD_USER,
    body: frame(Buffer.of(10, 3, 0xed, 0xa0, 0x80)),
    expected: [INVALID_ARGUMENT],
  },
  'messages 1,000 levels deep': {
    path: RECORD,
    body: frame(NESTED),
    expected: [INVALID_ARGUMENT, OK],
  },
  'a group that never ends': {
    body: frame(Buffer.alloc(10_000, 0x7b)),
    expected: [INVALID_ARGUMENT],
  },
  'a negative id': {
    body: frame(Person.encode(Person.fromPartial({ id: -1 })).finish()),
    expected: [INVALID_ARGUMENT],
  },
  'a name with NUL': {
    path: ADD_USER,
    body: frame(Buffer.of(10, 3, 65, 0, 66)),
    expected: [INVALID_ARGUMENT],
  },
  'a name of 60 KB': {
    path: ADD_USER,
    body: frame(Buffer.concat([Buffer.of(10), varint(60_000), Buffer.alloc(60_000, 65)])),
    expected: [INVALID_ARGUMENT],
  },
  'the deadline 0m': {
    path: ADD_USER,
    headers: { 'grpc-timeout': '0m' },
    body: USER,
    expected: [DEADLINE_EXCEEDED],
  },
  'the deadline -1S': {
    path: ADD_USER,
    headers: { 'grpc-timeout': '-1S' },
    body: USER,
    expected: [INVALID_ARGUMENT],
  },
  'the deadline 3S junk': {
    path: ADD_USER,
    headers: { 'grpc-timeout': '3S junk' },
    body: USER,
    expected: [INVALID_ARGUMENT],
  },
  'a method that does not exist': {
    path: '/personguide.PersonGuide/No',
    body: ID_1,
    expected: [UNIMPLEMENTED],
  },
  'a path without a method': { path: '/', body: ID_1, expected: [UNIMPLEMENTED] },
  'a path of 60 KB': { path: `/${'a'.repeat(60_000)}`, body: ID_1, expected: [UNIMPLEMENTED] },
  'a path up the tree': { path: '/../../etc/passwd', body: ID_1, expected: [UNIMPLEMENTED] },
  'the method of an object': {
    path: '/personguide.PersonGuide/constructor',
    body: ID_1,
    expected: [UNIMPLEMENTED],
  },
  'the path __proto__': { path: '/__proto__/__proto__', body: ID_1, expected: [UNIMPLEMENTED] },
  'the content type text/plain': {
    headers: { 'content-type': 'text/plain' },
    body: ID_1,
    expected: ['415'],
  },
  '65 headers': {
    headers: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`x-${index}`, 'a'])),
    body: ID_1,
    expected: [RESOURCE_EXHAUSTED],
  },
  'a binary header that is not base64': { headers: { 'x-bin': '!!!' }, body: ID_1, expected: [OK] },
};

/** Each must end with a status that fits; the next trial shows that the server goes on. */
export const requests: TrialGroup = {
  title: 'Invalid requests',
  shared: true,
  trials: statusTrials(badRequests, statusOf),
};

async function statusOf(
  address: string,
  { path = GET_PHONE, headers = {}, body }: BadRequest,
): Promise<string> {
  const { session, stream } = await http2Call(address, path, headers);
  let status = 'none';
  const note = (received: IncomingHttpHeaders): void => {
    const http = String(received[':status'] ?? 200);
    if (http !== '200') status = http;
    if (typeof received['grpc-status'] === 'string') status = received['grpc-status'];
  };
  stream.on('response', note).on('trailers', note);
  stream.resume();
  if (body === undefined) stream.end();
  else stream.end(body);
  await once(stream, 'close');
  session.destroy();
  return status;
}

function compressed(bytes: Uint8Array): Buffer {
  const framed = frame(bytes);
  framed.writeUInt8(1, 0);
  return framed;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
