import { closestName, didYouMean } from './did-you-mean.js';

const fields = ['name', 'id', 'email', 'phones', 'adresses', 'lastUpdated'];

it.each([
  ['addresses', 'adresses'],
  ['Name', 'name'],
  ['nmae', 'name'],
  ['emial', 'email'],
  ['phone', 'phones'],
  ['last_updated', 'lastUpdated'],
])('suggests for %s the name %s', (name, suggestion) => {
  expect(closestName(name, fields)).toBe(suggestion);
});

it.each(['', 'x', 'verified', 'it', 'mane'])('suggests nothing for %j', (name) => {
  expect(closestName(name, fields)).toBeUndefined();
});

it('suggests the closest of several names, and the first of those that are equally close', () => {
  expect(closestName('timeout', ['timeouts', 'timeout', 'time'])).toBe('timeout');
  expect(closestName('tine', ['time', 'tide'])).toBe('time');
});

it('counts two characters that have changed places as one mistake', () => {
  expect(closestName('soter', ['store'])).toBeUndefined();
  expect(closestName('sotre', ['store'])).toBe('store');
  expect(closestName('dmeo', ['demo'])).toBe('demo');
});

it('ends an error message with the suggestion, if there is one', () => {
  expect(`unknown field phnes${didYouMean('phnes', fields)}`).toBe(
    'unknown field phnes; did you mean phones?',
  );
  expect(didYouMean('x', fields)).toBe('');
});
