import { parseExpiry } from './expiry.js';
import { documentsOf, failureOf, run, testFolder, useServer } from './run-cli.test.support.js';

useServer();

const KEY = /^pgk_[0-9a-f]{16}_[\w-]{43}$/;

/** The places where the commands manage keys. */
const PLACES: readonly (readonly [string, () => readonly string[]])[] = [
  ['on a server', () => []],
  ['in a store', () => ['--store', testFolder().file('keys.db')]],
];

describe.each(PLACES)('personguide keys, %s', (_, place) => {
  it('adds, lists and revokes keys', async () => {
    const added = await run(['keys', 'add', 'orders', '--scope', 'people:read,admin', ...place()]);
    expect(added.stdout.trimEnd()).toMatch(KEY);
    expect(added.stderr).toMatch(
      /^orders: people:read admin; expires \d{4}-\d\d-\d\d; not printed again\n$/,
    );
    const [never] = (await documentsOf([
      ...['keys', 'add', 'old', '--scope', 'users:read', 'users:write', '--expires', 'never'],
      ...place(),
    ])) as { key: string; expiresAt: null }[];
    expect(never).toMatchObject({ scopes: ['users:read', 'users:write'], expiresAt: null });
    expect(never?.key).toMatch(KEY);

    const { stdout } = await run(['keys', 'revoke', 'old', ...place()]);
    expect(stdout).toMatch(/^ID .*\n[0-9a-f]{16} +old +users:read users:write .* revoked \d{4}/);
    const listed = await documentsOf(['keys', 'list', ...place()]);
    expect(listed).toMatchObject([
      { name: 'orders', revokedAt: null },
      { name: 'old', revokedAt: expect.stringContaining('T') as string },
    ]);
    expect(JSON.stringify(listed)).not.toContain(never?.key.slice(21));

    expect(await failureOf(['keys', 'revoke', 'old', ...place()])).toEqual([
      3,
      expect.stringContaining('no valid key has that name or id'),
    ]);
    const again = ['keys', 'add', 'orders', '--scope', 'admin', ...place()];
    expect(await failureOf(again)).toEqual([
      5,
      expect.stringContaining('another key has this name'),
    ]);
  });

  it.each([
    [['a b', '--scope', 'admin'], 'name'],
    [['a', '--scope', 'people:reed'], 'scopes[0]'],
    [['a', '--scope', 'admin', '--expires', '2020-01-01'], 'expires_at'],
  ])('rejects %j', async (args, field) => {
    expect(await failureOf(['keys', 'add', ...args, ...place()])).toEqual([
      4,
      expect.stringContaining(field),
    ]);
  });
});

it('needs a scope, and a time that it understands', async () => {
  expect((await failureOf(['keys', 'add', 'a']))[0]).toBe(2);
  const [code, line] = await failureOf([
    'keys',
    'add',
    'a',
    '--scope',
    'admin',
    '--expires',
    'soon',
  ]);
  expect([code, line]).toEqual([2, expect.stringContaining('such as 90d or 12h')]);
});

it.each([
  ['90d', 90 * 86_400_000],
  ['12h', 12 * 3_600_000],
  ['1970-01-03', 2 * 86_400_000],
  ['1970-01-01T01:00+01:00', 0],
  ['never', Infinity],
])('reads the time %s', (text, expected) => {
  expect(parseExpiry(text, 0)).toBe(expected);
});

it.each(['', '90', 'd', '2027-13-01', '2027-01-31T12:00', 'tomorrow'])('rejects "%s"', (text) => {
  expect(() => parseExpiry(text)).toThrow('It must be a duration');
});
