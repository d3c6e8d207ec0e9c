import { execFileSync } from 'node:child_process';
import { connect } from '../index.js';
import { failure } from '../contract/connected.js';
import { startServerProcess, temporaryFolder, type Folder } from '../contract/server-process.js';

const store = ['--store', ':memory:', '--demo'];

/** A key and a certificate for localhost; signed by itself, or by another. */
function makeCertificate(folder: Folder, name: string, signer?: string) {
  const files = { cert: folder.file(`${name}.crt`), key: folder.file(`${name}.key`) };
  const signed = signer === undefined ? [] : ['-CA', folder.file(`${signer}.crt`)];
  const signing = signer === undefined ? [] : ['-CAkey', folder.file(`${signer}.key`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', files.key, '-out', files.cert, ...signed, ...signing],
    ],
    { stdio: 'pipe' },
  );
  return files;
}

it('serves over TLS to those who trust its certificate, and to nobody else', async () => {
  using folder = temporaryFolder();
  const { cert, key } = makeCertificate(folder, 'server');
  const tls = ['--tls-cert', cert, '--tls-key', key];
  await using server = await startServerProcess([...store, ...tls, '--listen', '0.0.0.0:0']);
  const port = server.address.replace(/.*:/, '');
  const options = { retry: false, timeoutMs: 5000 };

  await using trusting = connect(`localhost:${port}`, { ...options, tls: { ca: cert } });
  expect(await trusting.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  await using doubtful = connect(`localhost:${port}`, { ...options, tls: true });
  expect((await failure(doubtful.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
  await using plain = connect(`localhost:${port}`, options);
  expect((await failure(plain.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
});

it('takes only clients whose certificate is signed as told', async () => {
  using folder = temporaryFolder();
  const { cert, key } = makeCertificate(folder, 'server');
  const authority = makeCertificate(folder, 'authority');
  const known = makeCertificate(folder, 'client', 'authority');
  const stranger = makeCertificate(folder, 'stranger');
  const tls = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', authority.cert];
  await using server = await startServerProcess([...store, ...tls, '--listen', 'localhost:0']);
  const options = { retry: false, timeoutMs: 5000 };

  await using client = connect(server.address, { ...options, tls: { ca: cert, ...known } });
  expect(await client.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  for (const other of [stranger, {}]) {
    await using refused = connect(server.address, { ...options, tls: { ca: cert, ...other } });
    expect((await failure(refused.people.getPhone({ id: 1 }))).codeName).toBe('UNAVAILABLE');
  }
});
