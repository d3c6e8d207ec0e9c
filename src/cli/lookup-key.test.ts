import { parseLookupKey } from './lookup-key.js';

describe('parseLookupKey', () => {
  it('takes digits as an id and a text with @ as an email', () => {
    expect(parseLookupKey('7')).toEqual({ id: 7 });
    expect(parseLookupKey('2147483647')).toEqual({ id: 2_147_483_647 });
    expect(parseLookupKey('7@example.com')).toEqual({ email: '7@example.com' });
  });

  it.each(['0', '2147483648', '99999999999999999999', 'juan', '', '1.5', '-1'])(
    'rejects %j',
    (text) => {
      expect(() => parseLookupKey(text)).toThrow(/number/);
    },
  );
});
