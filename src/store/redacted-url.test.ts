import { openStore } from './open.js';
import { redactedStoreUrl } from './redacted-url.js';

it.each([
  [
    'postgres://ann:s3cret@db.example.com:5432/people',
    'postgres://ann:***@db.example.com:5432/people',
  ],
  ['postgresql://ann:s3cret@a:5432,b:5432/people', 'postgresql://ann:***@a:5432,b:5432/people'],
  ['postgres://:s3cret@db/people', 'postgres://:***@db/people'],
  ['postgres://db/people?user=ann&password=s3cret', 'postgres://db/people?user=ann&password=***'],
  [
    'postgres://db/p?sslpassword=s3cret&sslmode=require',
    'postgres://db/p?sslpassword=***&sslmode=require',
  ],
  ['postgres://db/p?p%61ssword=s3cret', 'postgres://db/p?p%61ssword=***'],
  ['postgres://ann:s3:cret@db', 'postgres://ann:***@db'],
  ['postgres://ann:@s3cret@db', 'postgres://ann:***@db'],
  ['postgres://ann:1/s3cret@db/people', 'postgres://ann:***@db/people'],
  ['postgres://ann:1?s3cret@db/people', 'postgres://***'],
  ['postgres://db/people?password=1@s3cret', 'postgres://***'],
  ['postgres://ann:s3cret', 'postgres://ann:***'],
  ['postgres://ann:s3cret/people', 'postgres://ann:***/people'],
  ['postgres://ann:1#s3cret@db/people', 'postgres://ann:***@db/people'],
  ['postgres://a/n:s3cret@db/people', 'postgres://***@db/people'],
  ['mysql:ann:s3cret@db', 'mysql:ann:***@db'],
])('hides the password of %s', (url, redacted) => {
  expect(redactedStoreUrl(url)).toBe(redacted);
  expect(redactedStoreUrl(url)).not.toContain('s3cret');
});

it.each([
  ':memory:',
  'people.db',
  '/var/lib/people@home.db',
  'C:\\data\\people@home.db',
  'file:///var/lib/people@home.db',
  'postgres://db/people',
  'postgres://[::1]:5432,db:5433/people',
  'postgres://ann@db/people?sslmode=verify-full',
])('returns %s unchanged', (url) => {
  expect(redactedStoreUrl(url)).toBe(url);
});

it.each(['mysql://ann:s3cret@db/people', 'mongodb+srv://ann:s3/cret@db', 'redis://:s3cret@db?x=1'])(
  'rejects %s without its password',
  async (url) => {
    const error: unknown = await openStore(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'NO_SUCH_DRIVER' });
    const printed = JSON.stringify(error) + String(error) + String((error as Error).stack);
    expect(printed).not.toMatch(/s3|cret/);
  },
);
