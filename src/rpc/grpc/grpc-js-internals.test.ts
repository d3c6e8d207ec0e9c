import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { temporaryFolder } from '../../test-support/temporary-folder.js';
import {
  checkGrpcJs,
  obstacleToLeanCalls,
  TESTED_VERSION,
  type GrpcJsModules,
} from './grpc-js-internals.js';

const INSTALLED = dirname(require.resolve('@grpc/grpc-js/package.json'));

/** Loads a copy of grpc-js in which a word of its server was replaced everywhere. */
function copyWith(folder: string, word: RegExp, replacement: string): () => GrpcJsModules {
  const copy = join(folder, 'grpc-js');
  cpSync(INSTALLED, copy, {
    recursive: true,
    filter: (source) =>
      !/\.(d\.ts|map|proto)$|\/(src|node_modules|proto)$/.test(source) ||
      source.endsWith('build/src'),
  });
  symlinkSync(resolve(INSTALLED, '../..'), join(folder, 'node_modules'));
  const built = join(copy, 'build/src');
  const scripts = readdirSync(built).filter((name) => name.endsWith('.js'));
  let replaced = 0;
  for (const name of scripts) {
    const text = readFileSync(join(built, name), 'utf8');
    const changed = text.replaceAll(word, replacement);
    if (changed !== text) replaced += 1;
    writeFileSync(join(built, name), changed);
  }
  if (replaced === 0) throw new Error(`grpc-js does not contain ${word.source}`);
  const load = createRequire(join(copy, 'package.json'));
  return () => ({
    package: load('./package.json') as GrpcJsModules['package'],
    server: load('./build/src/index.js') as GrpcJsModules['server'],
    interceptors: load('./build/src/server-interceptors.js') as GrpcJsModules['interceptors'],
    decoder: load('./build/src/stream-decoder.js') as GrpcJsModules['decoder'],
  });
}

it('accepts the installed grpc-js, which is the tested version', () => {
  expect(() => {
    checkGrpcJs();
  }).not.toThrow();
  const { version } = JSON.parse(readFileSync(join(INSTALLED, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(version).toBe(TESTED_VERSION);
});

it.each([
  [/\bhandlers\b/g, 'registered', 'Server.handlers'],
  [/\b_sessionHandler\b/g, '_onSession', 'Server._sessionHandler'],
  [/\b_streamHandler\b/g, 'onStream', 'Server._streamHandler'],
  [/\bthis\.stream\b/g, 'this.http2Stream', 'BaseServerInterceptingCall.stream'],
  [/\bthis\.decoder\b/g, 'this.reader', 'BaseServerInterceptingCall.decoder'],
  [
    /messageBuffer\.copy\(output, 5\)/g,
    'output.set(messageBuffer, 5)',
    'BaseServerInterceptingCall.serializeMessage',
  ],
  [/\breadState\b/g, 'state', 'StreamDecoder.readState'],
  [/\breadMessageRemaining\b/g, 'remaining', 'StreamDecoder.readMessageRemaining'],
  [/\breadMessageSize\b/g, 'size', 'StreamDecoder.readMessageRemaining'],
  [/\bmaxReadMessageLength\b/g, 'maxBytes', 'StreamDecoder.maxReadMessageLength'],
  [/\bmaxReceiveMessageSize\b/g, 'maxBytes', 'BaseServerInterceptingCall.maxReceiveMessageSize'],
  [/\bincomingEncoding\b/g, 'encoding', 'BaseServerInterceptingCall.incomingEncoding'],
  [/\bdecompressMessage\b/g, 'inflate', 'BaseServerInterceptingCall.decompressMessage'],
  [/\bBaseServerInterceptingCall\b/g, 'BaseCall', 'BaseServerInterceptingCall'],
  [/\bStreamDecoder\b/g, 'MessageDecoder', 'StreamDecoder'],
])('refuses a grpc-js in which %s is changed', (word, replacement, what) => {
  using folder = temporaryFolder();
  const load = copyWith(folder.file('.'), word, replacement);
  const check = (): void => {
    checkGrpcJs(load);
  };
  expect(check).toThrow(what);
  expect(check).toThrow(`@grpc/grpc-js ${TESTED_VERSION} does not have the internals`);
  expect(check).toThrow(`install that version`);
});

it('allows calls without the installed grpc-js', () => {
  expect(obstacleToLeanCalls()).toBeUndefined();
});

it.each([
  [/\bonStreamOpened\b/g, 'noteStream', 'Server.onStreamOpened'],
  [
    /_streamHandler\(extraInterceptors, stream, headers\)/g,
    '_streamHandler(stream, headers)',
    'Server._streamHandler',
  ],
])('allows none without a grpc-js in which %s is changed', (word, replacement, what) => {
  using folder = temporaryFolder();
  const load = copyWith(folder.file('.'), word, replacement);
  expect(obstacleToLeanCalls(load)).toBe(
    `@grpc/grpc-js ${TESTED_VERSION} has another ${what} than ${TESTED_VERSION}`,
  );
  expect(() => {
    checkGrpcJs(load);
  }).not.toThrow();
});

it('names what is missing when the modules cannot be loaded', () => {
  expect(() => {
    checkGrpcJs(() => {
      throw new Error(
        "Cannot find module '@grpc/grpc-js/build/src/stream-decoder.js'\nRequire stack",
      );
    });
  }).toThrow(
    "@grpc/grpc-js (unknown version) does not have the internals that this server uses (Cannot find module '@grpc/grpc-js/build/src/stream-decoder.js')",
  );
});
