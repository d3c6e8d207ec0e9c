import { parseLookupKey, parsePersonLookupKey } from './lookup-key.js';

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

describe('parsePersonLookupKey', () => {
  it.each([
    ['7', { id: 7 }],
    ['ana@example.com', { email: 'ana@example.com' }],
    ['541143210000', { phone: '541143210000' }],
    ['+54 11 4321-0000', { phone: '+54 11 4321-0000' }],
    ['(011) 4321', { phone: '(011) 4321' }],
  ])('takes %j as %j', (text, key) => {
    expect(parsePersonLookupKey(text)).toEqual(key);
  });

  it.each(['juan', '', '+', '0'])('rejects %j', (text) => {
    expect(() => parsePersonLookupKey(text)).toThrow(/number/);
  });
});
