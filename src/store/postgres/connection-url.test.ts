import { temporaryFolder } from '../../test-support/temporary-folder.js';
import { writeFileSync } from 'node:fs';
import { parsePostgresUrl } from './connection-url.js';

const plain = (url: string): string[] =>
  parsePostgresUrl(`${url}?sslmode=disable`).candidates.map(({ host, port }) => `${host} ${port}`);

describe('a PostgreSQL URL', () => {
  it('names the user, password, database and host', () => {
    expect(parsePostgresUrl('postgresql://ann:p%40ss@db.example.com:6432/people')).toMatchObject({
      user: 'ann',
      password: 'p@ss',
      database: 'people',
      candidates: [
        { host: 'db.example.com', port: 6432, ssl: { rejectUnauthorized: false } },
        { host: 'db.example.com', port: 6432, ssl: false },
      ],
      connectTimeoutMs: 3000,
      readWrite: false,
      poolSize: 10,
    });
  });

  it('leaves to the environment what it does not name', () => {
    expect(parsePostgresUrl('postgres://')).toMatchObject({
      user: undefined,
      password: undefined,
      database: undefined,
    });
    expect(plain('postgres://')).toEqual(['localhost 5432']);
  });

  it('may name several hosts', () => {
    expect(plain('postgres://a,b:1,[::1]:2/people')).toEqual(['a 5432', 'b 1', '::1 2']);
    expect(plain('postgres://%2Fvar%2Frun/people')).toEqual(['/var/run 5432']);
    const { candidates } = parsePostgresUrl('postgres:///?host=a,/run&port=1,2&sslmode=require');
    expect(candidates.map(({ host, port, ssl }) => [host, port, ssl !== false])).toEqual([
      ['a', 1, true],
      ['/run', 2, false],
    ]);
  });

  it('may have the parameters of libpq', () => {
    const url =
      'postgres://db?user=ann&password=x&dbname=people&connect_timeout=7&application_name=app' +
      '&options=-c%20search_path%3Da&target_session_attrs=read-write&pool_size=3&client_encoding=utf8';
    expect(parsePostgresUrl(url)).toMatchObject({
      user: 'ann',
      password: 'x',
      database: 'people',
      connectTimeoutMs: 7000,
      applicationName: 'app',
      options: '-c search_path=a',
      readWrite: true,
      poolSize: 3,
    });
  });

  it.each([
    ['disable', [undefined]],
    ['allow', [undefined, false]],
    ['prefer', [false, undefined]],
    ['require', [false]],
    ['verify-ca', [true]],
    ['verify-full', [true]],
  ])('uses and verifies TLS as libpq does with sslmode=%s', (mode, verified) => {
    const { candidates } = parsePostgresUrl(`postgres://db?sslmode=${mode}`);
    const found = candidates.map(({ ssl }) => (ssl === false ? undefined : ssl.rejectUnauthorized));
    expect(found).toEqual(verified);
  });

  it('reads the certificates that it names', () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file('ca.pem'), 'CA');
    const url = `postgres://db?sslmode=require&sslrootcert=${encodeURIComponent(folder.file('ca.pem'))}`;
    expect(parsePostgresUrl(url).candidates[0]?.ssl).toMatchObject({
      ca: 'CA',
      rejectUnauthorized: true,
    });
  });

  it.each([
    ['postgres://ann:s3cret@db?sslmode=off', 'sslmode must be one of'],
    ['postgres://ann:s3cret@db?target_session_attrs=standby', 'target_session_attrs must be'],
    ['postgres://ann:s3cret@db?pool_size=0', 'pool_size must be a whole number'],
    ['postgres://ann:s3cret@db?connect_timeout=soon', 'connect_timeout must be a whole number'],
    ['postgres://ann:s3cret@db:70000', 'a port must be'],
    ['postgres://ann:s3cret%@db', 'invalid %-escape'],
    ['postgres://ann:s3@cret@db', 'the URL is invalid'],
    ['postgres://ann:s3cret@db?sslmod=require', 'unknown parameter sslmod'],
    ['postgres://ann:s3cret@db?sslrootcert=/none.pem', 'sslrootcert /none.pem cannot be read'],
    ['postgres://ann:s3cret@db?client_encoding=latin1', 'client_encoding must be UTF8'],
  ])('is rejected without its password if it is %s', (url, problem) => {
    let message = '';
    try {
      parsePostgresUrl(url);
    } catch (error) {
      expect(error).toMatchObject({ reason: 'unavailable', code: 'CANNOT_OPEN_STORE' });
      message = String(error);
    }
    expect(message).toContain('cannot open postgres://');
    expect(message).toContain(problem);
    expect(message).not.toMatch(/s3|cret/);
  });
});
