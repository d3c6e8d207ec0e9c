import type { IncomingHttpHeaders } from 'node:http2';
import { Metadata } from '@grpc/grpc-js';
import { defaultLimits } from '../../limits.js';
import { Code } from '../code.js';
import { readHeaders, toTrailers } from './http2-headers.js';

/** The headers as Node passes them on: an object in which repeated ones are joined. */
function joined(raw: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let index = 0; index < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

it.each([
  ['texts', ['x-a', '1', 'x-b', 'a, b', 'x-empty', '']],
  ['a repeated text', ['x-a', '1', 'x-b', '2', 'x-a', '3']],
  ['bytes', ['x-a-bin', 'AAH/', 'x-b-bin', 'YWFh,YWE=, YQ==', 'x-empty-bin', '']],
  ['repeated bytes', ['x-a-bin', 'AAH/', 'x-a-bin', 'YWFh']],
  ['bytes of the protocol', ['grpc-tags-bin', 'YWFh']],
  ['names that objects have', ['constructor', 'a', 'tostring', 'b']],
])('reads %s as grpc-js does', (_, raw) => {
  const { headers, count } = readHeaders(joined(raw), raw, defaultLimits);
  expect(headers).toEqual(Metadata.fromHttp2Headers(joined(raw)).toJSON());
  expect(count).toBeGreaterThanOrEqual(raw.length / 2);
});

it('leaves out what belongs to the protocol', () => {
  const raw = [
    ...[':method', 'POST', ':path', '/a/b', ':scheme', 'http', ':authority', 'localhost'],
    ...['content-type', 'application/grpc', 'te', 'trailers', 'accept-encoding', 'gzip'],
    ...['grpc-timeout', '1S', 'grpc-encoding', 'gzip', 'grpc-accept-encoding', 'gzip'],
  ];
  expect(readHeaders(joined(raw), raw, defaultLimits).headers).toEqual({});
});

it.each([
  ['a name', ['x!', 'a']],
  ['a value', ['x-a', 'ñ']],
  ['a value of the protocol', ['te', 'ñ']],
  ['the second of two values', ['x-a', '1', 'x-a', 'ñ']],
  ['the first of two values', ['x-a', 'ñ', 'x-a', '1']],
])('removes %s that cannot be read', (_, raw) => {
  const incoming = joined(raw);
  expect(readHeaders(incoming, raw, defaultLimits).headers).toEqual({});
  expect(Object.values(incoming)).toEqual([undefined]);
});

it('counts each header with 32 bytes, and each part of a binary one', () => {
  const raw = ['x-a', 'bcd', 'x-a', 'bcd', 'x-a-bin', 'YQ==,YQ==,YQ=='];
  expect(readHeaders(joined(raw), raw, defaultLimits)).toMatchObject({
    bytes: 6 + 6 + 7 + 14 + 96,
    count: 5,
  });
});

it('counts the headers that cannot be read', () => {
  const raw = ['x-a', 'ñ', 'x-b', 'ñ', 'x-c', 'a'];
  expect(readHeaders(joined(raw), raw, defaultLimits)).toMatchObject({ unreadable: 2, count: 3 });
});

it('looks into no value if there are too many bytes', () => {
  const raw = ['x-a', 'ñ', 'x-b', 'a'.repeat(70_000)];
  const incoming = joined(raw);
  expect(readHeaders(incoming, raw, defaultLimits)).toMatchObject({ unreadable: 0, headers: {} });
  expect(incoming['x-a']).toBe('ñ');
});

it('makes no buffers of a header with too many parts', () => {
  const raw = ['x-a-bin', ','.repeat(10_000)];
  expect(readHeaders(joined(raw), raw, defaultLimits)).toMatchObject({ count: 64, headers: {} });
});

it('encodes the text of a status and binary trailers', () => {
  const status = {
    code: Code.NOT_FOUND,
    details: '50 % ñ',
    trailers: { 'x-a': 'b', 'x-bin': Buffer.of(255) },
  };
  expect(toTrailers(status)).toEqual({
    'grpc-status': 5,
    'grpc-message': '50%20%25%20%C3%B1',
    'x-a': 'b',
    'x-bin': '/w==',
  });
});
