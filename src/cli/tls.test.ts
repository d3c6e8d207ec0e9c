import { writeFileSync } from 'node:fs';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
} from '../test-support/certificates.js';
import { run, serverAddress, testFolder, useServer } from './run-cli.test.support.js';

useServer((folder) => {
  const contents = { authority, clientCert, clientKey, serverCert, serverKey };
  for (const [name, content] of Object.entries(contents)) writeFileSync(folder.file(name), content);
  return {
    listen: ['localhost:0'],
    tls: {
      cert: folder.file('serverCert'),
      key: folder.file('serverKey'),
      clientCa: folder.file('authority'),
    },
  };
});

/** The variables of a client that the server accepts. */
function clientVariables(): Record<string, string> {
  return {
    PERSONGUIDE_TLS_CA: testFolder().file('authority'),
    PERSONGUIDE_TLS_CLIENT_CERT: testFolder().file('clientCert'),
    PERSONGUIDE_TLS_CLIENT_KEY: testFolder().file('clientKey'),
  };
}

it('presents the certificate of --tls-cert and --tls-key', async () => {
  const flags = ['--tls-ca', '--tls-cert', '--tls-key'];
  const args = Object.values(clientVariables()).flatMap((file, index) => [
    flags[index] ?? '',
    file,
  ]);
  expect(await run(['health', ...args])).toMatchObject({ code: 0, stdout: 'SERVING\n' });
});

it('takes the files from variables', async () => {
  expect(await run(['health'], '', clientVariables())).toMatchObject({
    code: 0,
    stdout: 'SERVING\n',
  });
});

it('does not present the certificate of a server from its variables', async () => {
  const { PERSONGUIDE_TLS_CA = '', ...client } = clientVariables();
  const [cert = '', key = ''] = Object.values(client);
  const variables = { PERSONGUIDE_TLS_CA, PERSONGUIDE_TLS_CERT: cert, PERSONGUIDE_TLS_KEY: key };
  expect((await run(['health', '--timeout', '5s'], '', variables)).code).toBe(6);
});

it('uses TLS for the variable PERSONGUIDE_TLS, and plain text if that is false', async () => {
  const address = { PERSONGUIDE_ADDRESS: serverAddress() };
  const encrypted = await run(['health'], '', { ...address, PERSONGUIDE_TLS: 'true' });
  expect(encrypted.stderr).toMatch(/UNAVAILABLE.*certificate/);
  const plain = await run(['health'], '', { ...address, PERSONGUIDE_TLS: 'false' });
  expect(plain.stderr).toMatch(/UNAVAILABLE/);
  expect(plain.stderr).not.toMatch(/not trusted|issuer/);
  const invalid = await run(['health'], '', { PERSONGUIDE_TLS: 'maybe' });
  expect(invalid).toMatchObject({
    code: 2,
    stderr: 'personguide: PERSONGUIDE_TLS: must be true or false, not "maybe"\n',
  });
});
