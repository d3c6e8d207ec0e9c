import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authority, serverCert, serverKey } from '../../test-support/certificates.js';
import { rejectionOf } from '../../test-support/outcome.js';
import type { Owner } from '../../test-support/postgres-binaries.js';
import {
  initializeData,
  startPostgres,
  type PostgresProcess,
} from '../../test-support/postgres-process.js';
import { queryPostgres } from '../../test-support/postgres.js';
import { temporaryFolder, type Folder } from '../../test-support/temporary-folder.js';
import { openStore } from '../open.js';

jest.setTimeout(60_000);

describe('PostgreSQL store with TLS', () => {
  let encrypted: PostgresProcess;
  let plain: PostgresProcess;
  let folder: Folder;
  let ca: string;

  beforeAll(async () => {
    const settings = { fsync: 'off' };
    const tls = { ssl: 'on', ssl_cert_file: 'server.pem', ssl_key_file: 'server-key.pem' };
    encrypted = await startPostgres({ settings: { ...settings, ...tls }, prepare: prepareTls });
    plain = await startPostgres({ settings });
    folder = temporaryFolder();
    ca = folder.file('ca.pem');
    writeFileSync(ca, authority);
  });

  afterAll(async () => {
    await encrypted.stop();
    await plain.stop();
    folder[Symbol.dispose]();
  });

  function urlOf(server: PostgresProcess, host: string, parameters: string): string {
    return `postgres://postgres@${host}:${server.port}/postgres?${parameters}`;
  }

  /** How many connections of stores the server has, with TLS and without. */
  async function connectionsWhileOpen(url: string): Promise<unknown> {
    const store = await openStore(url);
    const query = `
      select count(*) filter (where ssl)::int as encrypted, count(*)::int as all
      from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'personguide'`;
    const [counts] = await queryPostgres(encrypted.url, query);
    await store.close();
    return counts;
  }

  it.each([
    ['127.0.0.1', 'sslmode=require', 1],
    ['127.0.0.1', 'sslmode=prefer', 1],
    ['127.0.0.1', '', 1],
    ['127.0.0.1', 'sslmode=allow', 0],
    ['127.0.0.1', 'sslmode=disable', 0],
    ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=CA', 1],
    ['localhost', 'sslmode=verify-full&sslrootcert=CA', 1],
  ])('connects to %s with %s', async (host, parameters, count) => {
    const url = urlOf(encrypted, host, parameters.replace('CA', ca));
    expect(await connectionsWhileOpen(url)).toEqual({ encrypted: count, all: 1 });
  });

  it.each([
    ['the name is not in the certificate', '127.0.0.1', 'sslmode=verify-full&sslrootcert=CA', /IP/],
    ['the authority is unknown', 'localhost', 'sslmode=verify-full', /certificate/],
    ['the authority is unknown', 'localhost', 'sslmode=verify-ca', /certificate/],
  ])('rejects a server if %s: %s %s', async (_, host, parameters, problem) => {
    const error = await rejectionOf(
      openStore(urlOf(encrypted, host, parameters.replace('CA', ca))),
    );
    expect(error).toMatchObject({ reason: 'unavailable', code: 'CANNOT_OPEN_STORE' });
    expect((error as Error).message).toMatch(problem);
  });

  it('rejects a server without TLS with sslmode=require, and accepts it with prefer', async () => {
    await expect(openStore(urlOf(plain, '127.0.0.1', 'sslmode=require'))).rejects.toMatchObject({
      message: expect.stringContaining('does not support SSL') as string,
    });
    await (await openStore(urlOf(plain, '127.0.0.1', 'sslmode=prefer'))).close();
  });
});

function prepareTls(dataFolder: string, owner: Owner | undefined): void {
  initializeData(dataFolder, owner);
  const files = { 'server.pem': serverCert, 'server-key.pem': serverKey };
  for (const [name, content] of Object.entries(files)) {
    const file = join(dataFolder, name);
    writeFileSync(file, content);
    chmodSync(file, 0o600);
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  }
}
