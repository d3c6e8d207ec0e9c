import { experimental, logVerbosity } from '@grpc/grpc-js';
import { quietGrpcLogger } from './grpc-logger.js';

it('hands over the lines of grpc-js without the values of metadata', () => {
  const lines: string[] = [];
  quietGrpcLogger((text) => lines.push(text));
  experimental.log(
    logVerbosity.ERROR,
    'Failed to add metadata entry authorization: Bearer s3cret: x. Metadata string value is not legal',
  );
  experimental.log(logVerbosity.ERROR, 'Request to /a/B received headers {"token":["s3cret"]}');
  experimental.log(logVerbosity.ERROR, 'Server unbound', 'from a port');
  expect(lines).toEqual([
    'Failed to add metadata entry authorization',
    'Request to /a/B received headers (not shown)',
    'Server unbound from a port',
  ]);
});
