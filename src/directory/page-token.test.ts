import { thrownBy } from '../test-support/outcome.js';
import { decodeToken, encodeToken, type TokenScope } from './page-token.js';

const SCOPE: TokenScope = ['Query', 'name', undefined, true];

describe('a page token', () => {
  it.each([[[]], [[7]], [[2 ** 52, 3]], [['garcía "\n', 2_147_483_647]]])(
    'gives the position back: %j',
    (position) => {
      expect(decodeToken('page_token', SCOPE, encodeToken(SCOPE, position))).toEqual(position);
    },
  );

  it('is opaque text that a URL may contain', () => {
    expect(encodeToken(SCOPE, ['~~~???', 1])).toMatch(/^[\w-]+$/);
  });

  it('is rejected for another scope', () => {
    const token = encodeToken(SCOPE, [7]);
    for (const other of [
      ['Query', 'name'],
      ['Query', 'name', '', true],
      ['List', ...SCOPE],
    ]) {
      expect(rejectionOf(other, token)).toEqual(['page_token']);
    }
  });

  it('is rejected with any character changed, added or missing', () => {
    const token = encodeToken(SCOPE, ['garcia', 7]);
    const damaged = ['', 'x', `${token}A`, `${token}!`, `${token}=`, ` ${token}`];
    for (let at = 0; at < token.length; at += 1) {
      damaged.push(token.slice(0, at) + token.slice(at + 1));
      const other = token[at] === 'A' ? 'B' : 'A';
      damaged.push(token.slice(0, at) + other + token.slice(at + 1));
    }
    for (const text of damaged) expect(rejectionOf(SCOPE, text)).toEqual(['page_token']);
  });
});

function rejectionOf(scope: TokenScope, token: string): string[] {
  const error = thrownBy(() => decodeToken('page_token', scope, token));
  return (error as { violations: { field: string }[] }).violations.map(({ field }) => field);
}
