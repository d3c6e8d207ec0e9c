import { suggestionFor } from './suggestion.js';

it.each([
  ['addresses', ['name', 'adresses', 'email'], 'adresses'],
  ['first_name', ['firstName', 'lastName'], 'firstName'],
  ['timeout', ['timeoutMs', 'metadata'], 'timeoutMs'],
  ['Id', ['id', 'key'], 'id'],
])('suggests a name near %s', (name, known, expected) => {
  expect(suggestionFor(name, known)).toBe(expected);
});

it.each(['telephone', '', 'x'.repeat(10_000)])('suggests nothing for "%s"', (name) => {
  expect(suggestionFor(name, ['name', 'adresses', 'email'])).toBeUndefined();
});
