import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { TlsFiles } from '../config.js';
import { startDirectory } from '../server/run.js';
import {
  authority,
  clientCert,
  clientKey,
  serverCert,
  serverKey,
} from '../test-support/certificates.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { banner } from './banner.js';
import { run, useServer } from './run-cli.test.support.js';

useServer();

const config = {
  store: 'people.db',
  demo: true,
  optionalListen: [],
  tls: undefined,
  auth: { kind: 'none' },
} as const;

/** The files of a server whose certificate is signed by an authority. */
function signedFiles(folder: Folder): TlsFiles {
  const tls = { cert: folder.file('server.pem'), key: folder.file('server-key.pem') };
  writeFileSync(tls.cert, serverCert);
  writeFileSync(tls.key, serverKey);
  return tls;
}

function selfSignedFiles(folder: Folder, subjectAltName: string): TlsFiles {
  const tls = { cert: folder.file('self.pem'), key: folder.file('self-key.pem') };
  const names = ['-subj', '/CN=self', '-addext', `subjectAltName=${subjectAltName}`];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', tls.key, '-out', tls.cert];
  execFileSync('openssl', ['req', '-x509', ...algorithm, ...names, ...files], { stdio: 'pipe' });
  return tls;
}

/** Runs the second command of the banner of a server with these files, and returns its output. */
async function outputOfCommand(
  tls: TlsFiles,
  listen: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const server = await startDirectory({
    ...{ listen: [listen], store: ':memory:', demo: true, logLevel: 'silent', shutdownGraceMs: 0 },
    insecure: true,
    tls,
  });
  try {
    const text = banner(server.addresses, { ...config, tls });
    const [, command = ''] = /npx personguide (phone 1 .*)/.exec(text) ?? [];
    const { stdout, stderr } = await run(command.split(' ').map((word) => files[word] ?? word));
    return stdout + stderr;
  } finally {
    await server.stop();
  }
}

const PHONE = '1234              HOME\n';

it('prints commands to try', () => {
  const text = banner(['127.0.0.1:50051', '127.0.0.1:8080'], config);
  expect(text).toContain('listens on 127.0.0.1:50051 and 127.0.0.1:8080 ');
  expect(text).toContain('npx personguide phone 1 --address 127.0.0.1:50051\n');
  expect(text).toContain(`--http2-prior-knowledge -d '{"id": 1}' http://127.0.0.1:50051/`);
});

it('says which optional address is not available', () => {
  const optional = { ...config, optionalListen: ['127.0.0.1:8080'] };
  expect(banner(['127.0.0.1:50051'], optional)).toContain(
    'It does not listen on 127.0.0.1:8080, which is not available; see the log.\n',
  );
  expect(banner(['127.0.0.1:50051', '127.0.0.1:8080'], optional)).not.toContain('not available');
});

it('does not print the password of a store', () => {
  const store = 'postgres://ann:s3cret@db/people';
  const text = banner(['127.0.0.1:50051'], { ...config, store });
  expect(text).toContain('people and users in postgres://ann:***@db/people.');
  expect(text).not.toContain('s3cret');
});

it('has a place for a token if the server wants one', () => {
  const keys = banner(['127.0.0.1:1'], { ...config, auth: { kind: 'keys' } });
  expect(keys).toContain('npx personguide phone 1 --address 127.0.0.1:1 --token TOKEN\n');
  expect(keys).toContain("-H 'authorization: Bearer TOKEN'");
  expect(keys).toContain('TOKEN is a key that `npx personguide keys add');
  const auth = { kind: 'jwt', issuer: 'https://a/', audience: 'b', jwks: 'c' } as const;
  const jwt = banner(['127.0.0.1:1'], { ...config, auth });
  expect(jwt).toContain('TOKEN is a token of https://a/ with the scope people:read.\n');
});

describe('the command for a server with TLS', () => {
  it.each(['127.0.0.1:0', '0.0.0.0:0'])(
    'works for a self-signed certificate on %s',
    async (listen) => {
      using folder = temporaryFolder();
      const tls = selfSignedFiles(folder, 'DNS:localhost');
      expect(await outputOfCommand(tls, listen)).toBe(PHONE);
    },
  );

  it('works for a certificate that is valid only for the address', async () => {
    using folder = temporaryFolder();
    const tls = selfSignedFiles(folder, 'IP:127.0.0.1');
    expect(await outputOfCommand(tls, '127.0.0.1:0')).toBe(PHONE);
  });

  it('works for a certificate of an authority, whose file the user has', async () => {
    using folder = temporaryFolder();
    const tls = signedFiles(folder);
    const ca = folder.file('authority.pem');
    writeFileSync(ca, authority);
    expect(await outputOfCommand(tls, '127.0.0.1:0', { 'CA.pem': ca })).toBe(PHONE);
    expect(banner(['127.0.0.1:1'], { ...config, tls })).toContain(
      'CA.pem is the certificate of the authority CN=PersonGuide test authority.\n',
    );
  });

  it('works for a chain that contains its authority', async () => {
    using folder = temporaryFolder();
    const tls = signedFiles(folder);
    writeFileSync(tls.cert, Buffer.concat([serverCert, authority]));
    expect(await outputOfCommand(tls, '127.0.0.1:0')).toBe(PHONE);
  });

  it('works if clients must present a certificate', async () => {
    using folder = temporaryFolder();
    const [clientCa, cert, key] = ['ca.pem', 'c.pem', 'k.pem'].map((name) => folder.file(name));
    const tls = { ...signedFiles(folder), clientCa: clientCa ?? '' };
    writeFileSync(tls.clientCa, authority);
    writeFileSync(cert ?? '', clientCert);
    writeFileSync(key ?? '', clientKey);
    const files = { 'CLIENT.pem': cert ?? '', 'CLIENT-KEY.pem': key ?? '' };
    expect(await outputOfCommand(tls, '127.0.0.1:0', files)).toBe(PHONE);
    expect(banner(['127.0.0.1:1'], { ...config, tls })).toContain(
      `CLIENT.pem is a certificate that is signed by one in ${tls.clientCa}`,
    );
  });
});
