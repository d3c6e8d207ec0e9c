import { execFileSync } from 'node:child_process';
import { startServerProcess } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { validityProblem } from './certificate-expiry.js';

const period = { validFrom: 'Jan  1 00:00:00 2026 GMT', validTo: 'Dec 31 00:00:00 2026 GMT' };

it.each([
  ['2025-12-31', 'the certificate is not valid before Jan  1 00:00:00 2026 GMT'],
  ['2026-06-01', undefined],
  ['2026-11-30', undefined],
  ['2026-12-02', 'the certificate expires on Dec 31 00:00:00 2026 GMT, in 29 days'],
  ['2026-12-30', 'the certificate expires on Dec 31 00:00:00 2026 GMT, in 1 days'],
  ['2027-01-01', 'the certificate expired on Dec 31 00:00:00 2026 GMT'],
])('reports on %s: %s', (day, problem) => {
  expect(validityProblem(period, Date.parse(`${day}T00:00:00Z`))).toBe(problem);
});

/** Makes a self-signed certificate with openssl, valid for that many days. */
function tlsFlags(folder: Folder, days: number): string[] {
  const [cert, key] = [folder.file('server.crt'), folder.file('server.key')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', key, '-out', cert];
  const args = ['req', '-x509', ...algorithm, '-days', String(days), ...names, ...files];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return ['--tls-cert', cert, '--tls-key', key];
}

it('warns at start of a certificate that expires soon, and of no other', async () => {
  using folder = temporaryFolder();
  await using soon = await startServerProcess(['--store', ':memory:', ...tlsFlags(folder, 3)]);
  expect(await soon.line(({ level }) => level === 'warn')).toMatchObject({
    file: folder.file('server.crt'),
    subject: 'CN=localhost',
    msg: expect.stringMatching(/^the certificate expires on .*, in 2 days$/) as string,
  });
  await using later = await startServerProcess(['--store', ':memory:', ...tlsFlags(folder, 300)]);
  expect(later.stdout).not.toContain('expire');
});
