import { ServerCredentials } from '@grpc/grpc-js';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type Directory } from '../index.js';
import * as certificates from '../test-support/certificates.js';
import { rejectionOf } from '../test-support/outcome.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import {
  closeLater,
  EMPTY_PHONE,
  serve,
  stopAll,
  type Handlers,
  type TestServer,
} from './servers.test.support.js';

const { authority, serverCert, serverKey, clientCert, clientKey, strangerCert, strangerKey } =
  certificates;

afterEach(stopAll);

const handlers: Handlers = {
  people: {
    getPhone: (_, callback) => {
      callback(null, { ...EMPTY_PHONE, number: '1' });
    },
  },
};

function serveTls(isClientCertRequired: boolean, atPort?: number): Promise<TestServer> {
  const pairs = [{ cert_chain: serverCert, private_key: serverKey }];
  const credentials = ServerCredentials.createSsl(authority, pairs, isClientCertRequired);
  return serve(handlers, credentials, atPort);
}

describe('tls.serverName', () => {
  it('is the name that the certificate must have, instead of that of the target', async () => {
    const { address } = await serveTls(false);
    const named = closeLater(connect(address, { tls: { ca: authority, serverName: 'localhost' } }));
    expect((await named.people.getPhone({})).number).toBe('1');
    const tls = { ca: authority, serverName: 'other.example' };
    const other = closeLater(connect(address, { tls, retry: false }));
    const error = await rejectionOf(other.people.getPhone({}));
    expect(String(error)).toContain('Host: other.example. is not in the cert');
    expect(String(error)).toContain('set tls.serverName to one');
  });
});

describe('TLS files', () => {
  function writePair(folder: Folder, cert: Buffer, key: Buffer): void {
    writeFileSync(folder.file('cert.pem'), cert);
    writeFileSync(folder.file('key.pem'), key);
  }

  function connectWithFiles(folder: Folder, port: number): Directory {
    writeFileSync(folder.file('ca.pem'), authority);
    const [ca, cert, key] = [
      folder.file('ca.pem'),
      folder.file('cert.pem'),
      folder.file('key.pem'),
    ];
    return closeLater(connect(`localhost:${port}`, { tls: { ca, cert, key }, retry: false }));
  }

  it('are read again by the next connection after they have changed', async () => {
    using folder = temporaryFolder();
    writePair(folder, strangerCert, strangerKey);
    const { port } = await serveTls(true);
    const directory = connectWithFiles(folder, port);
    const refused = await rejectionOf(directory.people.getPhone({}));
    expect(refused).toMatchObject({ codeName: 'UNAVAILABLE' });
    writePair(folder, clientCert, clientKey);
    await directory.waitForReady();
    expect((await directory.people.getPhone({})).number).toBe('1');
  });

  it('keep their last valid content while they are being replaced, or are gone', async () => {
    using folder = temporaryFolder();
    writePair(folder, clientCert, clientKey);
    let server = await serveTls(true);
    const directory = connectWithFiles(folder, server.port);
    await directory.waitForReady();
    const changes = [
      () => {
        writePair(folder, strangerCert, clientKey);
      },
      () => {
        rmSync(folder.path, { recursive: true });
      },
    ];
    for (const change of changes) {
      change();
      server.stop();
      while (directory.state === 'READY') await new Promise(setImmediate);
      server = await serveTls(true, server.port);
      await directory.waitForReady({ untilTimeout: true });
      expect((await directory.people.getPhone({})).number).toBe('1');
    }
  });
});
