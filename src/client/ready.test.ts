import { ServerCredentials } from '@grpc/grpc-js';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, RpcError } from '../index.js';
import { serverCert, serverKey } from '../test-support/certificates.js';
import { rejectionOf } from '../test-support/outcome.js';
import { closeLater, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

/** The address of a port where nothing listens. */
async function freeAddress(): Promise<string> {
  const { address, stop } = await serve({});
  stop();
  return address;
}

describe('waitForReady()', () => {
  it('rejects after its timeout with the address and the last failure', async () => {
    const address = await freeAddress();
    const directory = closeLater(connect(address));
    const error = await rejectionOf(directory.waitForReady({ timeoutMs: 50 }));
    expect(error).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
    expect(String(error)).toContain(address);
    expect(String(error)).toContain('the last failure was: connect ECONNREFUSED');
    expect((error as Error).stack).toContain(__filename);
  });

  it('gives up early where connections are refused, with the cause and advice', async () => {
    const directory = closeLater(connect(await freeAddress()));
    const startMs = Date.now();
    const error = await rejectionOf(directory.waitForReady({ timeoutMs: 60_000 }));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ codeName: 'UNAVAILABLE' });
    expect((error as Error).message).toMatch(
      /^waitForReady UNAVAILABLE: connect ECONNREFUSED [\d.:]+ \(nothing listens there/,
    );
    expect(Date.now() - startMs).toBeLessThan(10_000);
  });

  it('gives up early where the certificate is not trusted', async () => {
    const pairs = [{ cert_chain: serverCert, private_key: serverKey }];
    const { port } = await serve({}, ServerCredentials.createSsl(null, pairs));
    const directory = closeLater(connect(`localhost:${port}`, { tls: true }));
    expect(await rejectionOf(directory.waitForReady())).toMatchObject({
      codeName: 'UNAVAILABLE',
      message: expect.stringContaining('set tls.ca') as string,
    });
  });

  it('waits with `untilTimeout` for a server that starts later', async () => {
    const address = await freeAddress();
    const directory = closeLater(connect(address));
    const ready = directory.waitForReady({ timeoutMs: 30_000, untilTimeout: true });
    // Longer than the time after which it would give up.
    await Promise.race([wait(2500), ready]);
    await serve({}, ServerCredentials.createInsecure(), Number(address.split(':')[1]));
    await ready;
    expect(directory.state).toBe('READY');
  }, 10_000);

  it('ends when its signal is aborted, before or during the wait', async () => {
    const directory = closeLater(connect(await freeAddress()));
    const reason = new Error('enough');
    const aborted = { signal: AbortSignal.abort(reason) };
    const expected = { codeName: 'CANCELLED', cause: reason };
    expect(await rejectionOf(directory.waitForReady(aborted))).toMatchObject(expected);
    const controller = new AbortController();
    const rejection = rejectionOf(directory.waitForReady({ signal: controller.signal }));
    controller.abort(reason);
    expect(await rejection).toMatchObject(expected);
    const timed = rejectionOf(directory.waitForReady({ signal: AbortSignal.timeout(20) }));
    expect(await timed).toMatchObject({ codeName: 'DEADLINE_EXCEEDED' });
  });

  it('rejects with a plain text when the client is closed, before or during the wait', async () => {
    const directory = connect(await freeAddress());
    const pending = rejectionOf(directory.waitForReady());
    directory.close();
    const message = 'waitForReady CANCELLED: the client has been closed';
    expect(await pending).toMatchObject({ message });
    expect(await rejectionOf(directory.waitForReady())).toMatchObject({ message });
  });

  it('refuses unknown and invalid options', async () => {
    const directory = closeLater(connect('localhost:1'));
    const unknown = directory.waitForReady({ timeout: 5 } as object);
    await expect(unknown).rejects.toThrow(/^waitForReady: unknown option timeout; did you mean/);
    const invalid = directory.waitForReady({ timeoutMs: NaN });
    await expect(invalid).rejects.toThrow('waitForReady: timeoutMs must be a number');
  });
});
