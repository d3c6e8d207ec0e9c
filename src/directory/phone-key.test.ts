import { isCountry, phoneKeys, phoneWordsOf } from './phone-key.js';

it.each(['+54 11 4321-0000', '(011) 4321 0000', '541143210000', '0054 11 4321 0000'])(
  'compares %s in Argentina by its international number',
  (number) => {
    expect(phoneKeys(number, 'AR')).toEqual(['541143210000']);
  },
);

it.each([
  ['+1 415 555 0100', '14155550100'],
  ['14155550100', '14155550100'],
  ['(1) 415 555-0100', '14155550100'],
  ['011 15 4321-0000', '5491143210000'],
  ['1234', '1234'],
  ['#111', '111'],
  ['4321 0000', '43210000'],
])('compares %s in Argentina by %s', (number, key) => {
  expect(phoneKeys(number, 'AR')).toEqual([key]);
});

it('compares numbers by their digits where there is no default country', () => {
  expect(phoneKeys('(011) 4321 0000', '')).toEqual(['01143210000']);
  expect(phoneKeys('+54 11 4321-0000', '')).toEqual(['541143210000']);
  expect(phoneKeys('541143210000', '')).toEqual(['541143210000']);
});

it('gives a number with an extension a second key without it', () => {
  expect(phoneKeys('(415) 555-0100 x12', 'US')).toEqual(['14155550100x12', '14155550100']);
  expect(phoneKeys('1234 x 5', 'US')).toEqual(['1234x5', '1234']);
});

it('has no key for a number without digits', () => {
  expect(phoneKeys('###', 'AR')).toEqual([]);
  expect(phoneWordsOf('###', 'AR')).toEqual([]);
});

it('is found by its keys, and by the digits that are written if these differ', () => {
  expect(phoneWordsOf('+54 11 4321-0000', 'AR')).toEqual(['541143210000']);
  expect(phoneWordsOf('(011) 4321 0000', 'AR')).toEqual(['541143210000']);
  expect(phoneWordsOf('011 15 4321-0000', 'AR')).toEqual(['5491143210000', '0111543210000']);
  expect(phoneWordsOf('(415) 555-0100 x12', 'US')).toEqual(['14155550100x12', '14155550100']);
  expect(phoneWordsOf('1234', 'US')).toEqual(['1234']);
});

it('knows countries by their codes', () => {
  expect(['AR', 'ar', 'XX', ''].map(isCountry)).toEqual([true, false, false, false]);
});
