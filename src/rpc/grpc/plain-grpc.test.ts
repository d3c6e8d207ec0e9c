import { leaveCallsToGrpcJs } from './serve.test.support.js';

leaveCallsToGrpcJs();

// What holds for calls without grpc-js also holds for those with it.
const SUITES = [
  './admit-stream.test.js',
  './bidi-stream.test.js',
  './call-sweeper.test.js',
  './client-stream.test.js',
  './message-limits.test.js',
  './overload.test.js',
  './server-stream.test.js',
  './unary.test.js',
  './unknown-methods.test.js',
  '../middleware.test.js',
];

describe.each(SUITES)('with grpc-js: %s', (suite) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- its cases belong to this group
  require(suite);
});
