import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
} from '../../src/test-support/certificates.js';
import { startDirectory } from '../../src/server/run.js';

/** The servers that the documents call. */
export interface DemoServers extends AsyncDisposable {
  /** HOST:PORT of the server without TLS. */
  readonly address: string;
  /** Replaces the addresses in a document with those of these servers. */
  readonly addressed: (text: string) => string;
}

/** Writes the certificates and keys that the documents name. */
export async function writeCertificates(folder: string): Promise<void> {
  await writeFile(join(folder, 'ca.pem'), authority);
  await writeFile(join(folder, 'client.pem'), clientCert);
  await writeFile(join(folder, 'client-key.pem'), clientKey);
  await writeFile(join(folder, 'server.pem'), serverCert);
  await writeFile(join(folder, 'server-key.pem'), serverKey);
}

/**
 * Starts what `npm start` does, on free ports: for `localhost:50051`, `directory-1:50051` and so on,
 * and one with TLS that asks for client certificates, for `directory.example.com:443`. The files of
 * writeCertificates() are in `folder`.
 */
export async function startDemoServers(folder: string): Promise<DemoServers> {
  const common = {
    listen: ['127.0.0.1:0'],
    store: ':memory:',
    demo: true,
    logLevel: 'silent',
    shutdownGraceMs: 0,
  } as const;
  const plain = await startDirectory(common);
  const encrypted = await startDirectory({
    ...common,
    tls: {
      cert: join(folder, 'server.pem'),
      key: join(folder, 'server-key.pem'),
      clientCa: join(folder, 'ca.pem'),
    },
  });
  const [address = ''] = plain.addresses;
  const encryptedPort = encrypted.addresses[0]?.split(':')[1] ?? '';
  return {
    address,
    addressed: (text) =>
      text
        .replaceAll(/listen: \[[^\]]*\]/g, "listen: ['127.0.0.1:0']")
        .replaceAll(/\b(localhost|127\.0\.0\.1|directory-\d):(50051|8080)\b/g, address)
        .replaceAll('directory.example.com:443', `localhost:${encryptedPort}`),
    async [Symbol.asyncDispose]() {
      await plain.stop();
      await encrypted.stop();
    },
  };
}
