import { experimental, logVerbosity } from '@grpc/grpc-js';
import { redirectGrpcLog } from './grpc-logger.js';

const { ERROR } = logVerbosity;

let lines: string[];
beforeEach(() => {
  lines = [];
  redirectGrpcLog((text) => lines.push(text));
});

it('passes on what is known of a line of grpc-js, without the values of metadata', () => {
  experimental.log(
    ERROR,
    'Failed to add metadata entry authorization: Bearer s3cret: x. Metadata string value is not legal',
  );
  experimental.log(
    ERROR,
    '2026-01-01T00:00:00.000Z | v1.14.7 42 | server_call | Request to /a/B received headers {"token":["s3cret"]}',
  );
  experimental.log(ERROR, 'No address added out of total 2 resolved');
  expect(lines).toEqual([
    'grpc-js: Failed to add metadata entry authorization (the rest is not shown)',
    'grpc-js: 2026-01-01T00:00:00.000Z | v1.14.7 42 | server_call (the rest is not shown)',
    'grpc-js: No address added out of total 2 resolved (the rest is not shown)',
  ]);
});

it('shows nothing of a line whose text it does not know, as after a change of grpc-js', () => {
  for (const text of [
    'Could not add metadata entry authorization: Bearer s3cret',
    'failed to add metadata entry authorization=Bearer s3cret',
    'Bearer s3cret is not legal',
  ]) {
    experimental.log(ERROR, text);
  }
  expect(lines).toHaveLength(3);
  for (const line of lines) {
    expect(line).not.toContain('s3cret');
    expect(line).toMatch(/^grpc-js: a message of \d+ characters, which is not shown/);
  }
});
