import { BadRequest, ErrorInfo, RetryInfo } from '../../../../gen/google/rpc/error_details';
import { errorOf, httpError } from './call-error.js';

function detail(type: string, bytes: Uint8Array): object {
  return { type, value: Buffer.from(bytes).toString('base64').replace(/=+$/, '') };
}

describe('Errors of calls', () => {
  it('have the reason, the fields and the delay that the server gave', () => {
    const info = ErrorInfo.fromPartial({ reason: 'ETAG_MISMATCH', metadata: { etag: 'x1' } });
    const fieldViolations = [{ field: 'name', description: 'must not be empty' }];
    const retry = RetryInfo.fromPartial({ retryDelay: { seconds: 1, nanos: 500_000_000 } });
    const error = errorOf({
      code: 'aborted',
      message: 'the person has changed',
      details: [
        detail('google.rpc.ErrorInfo', ErrorInfo.encode(info).finish()),
        detail('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish()),
        detail('google.rpc.RetryInfo', RetryInfo.encode(retry).finish()),
        detail('some.Other', Uint8Array.of(1)),
      ],
    });
    expect(error).toMatchObject({
      code: 'aborted',
      message: 'the person has changed',
      reason: 'ETAG_MISMATCH',
      info: { etag: 'x1' },
      violations: [{ field: 'name', description: 'must not be empty' }],
      retryDelayMs: 1500,
      isTransient: false,
    });
  });

  it('keep their code if a detail cannot be read', () => {
    const details = [{ type: 'google.rpc.ErrorInfo', value: '!' }, null, { type: 'x' }];
    expect(errorOf({ code: 'not_found', details })).toMatchObject({
      code: 'not_found',
      message: 'not found',
      reason: '',
    });
  });

  it('of another kind of server have the meaning of their status', () => {
    expect(errorOf('<html>')).toBeUndefined();
    expect(httpError(502).isTransient).toBe(true);
    expect(httpError(401).code).toBe('unauthenticated');
    expect(httpError(404)).toMatchObject({ code: 'unknown', isTransient: false });
  });
});
