import { writeFileSync } from 'node:fs';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
  strangerCert,
  strangerKey,
} from '../test-support/certificates.js';
import { connect } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { startServerProcess } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';

const store = ['--store', ':memory:', '--demo'];

/** The flags of a server with TLS; its files are in the folder. */
function tlsFlags(folder: Folder): string[] {
  const [cert, key] = [folder.file('server.crt'), folder.file('server.key')];
  writeFileSync(cert, serverCert);
  writeFileSync(key, serverKey);
  return ['--tls-cert', cert, '--tls-key', key];
}

it('serves over TLS only clients that trust its certificate', async () => {
  using folder = temporaryFolder();
  const tls = tlsFlags(folder);
  await using server = await startServerProcess([
    ...store,
    ...tls,
    '--insecure',
    '--listen',
    '0.0.0.0:0',
  ]);
  const port = server.address.replace(/.*:/, '');
  const options = { retry: false, timeoutMs: 5000 };

  await using trusting = connect(`localhost:${port}`, { ...options, tls: { ca: authority } });
  expect(await trusting.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  await using doubtful = connect(`localhost:${port}`, { ...options, tls: true });
  expect((await failure(doubtful.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
  await using plain = connect(`localhost:${port}`, options);
  expect((await failure(plain.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
});

it('accepts only clients whose certificate is signed by the client CA', async () => {
  using folder = temporaryFolder();
  const clientCa = folder.file('ca.crt');
  writeFileSync(clientCa, authority);
  const tls = [...tlsFlags(folder), '--tls-client-ca', clientCa];
  const known = { cert: clientCert, key: clientKey };
  const stranger = { cert: strangerCert, key: strangerKey };
  await using server = await startServerProcess([...store, ...tls, '--listen', 'localhost:0']);
  const options = { retry: false, timeoutMs: 5000 };

  await using client = connect(server.address, { ...options, tls: { ca: authority, ...known } });
  expect(await client.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  for (const other of [stranger, {}]) {
    await using refused = connect(server.address, { ...options, tls: { ca: authority, ...other } });
    expect((await failure(refused.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
  }
});
