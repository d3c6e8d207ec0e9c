import { Person } from '../../gen/personguide/person_guide.js';
import { matchOf } from './match.js';
import { readingsOf } from './search-words.js';

const garcia = Person.fromPartial({
  name: 'Gabriel García Márquez',
  email: 'gabo@macondo.example',
  emails: [{ address: 'ggm@aracataca.co', label: 'home' }],
  organization: "Librería O'Higgins",
  phones: [{ number: '(011) 4321 0000' }],
});

function found(query: string, person = garcia): [number, string] | undefined {
  const match = matchOf(readingsOf(query, 'AR'), person, 'AR');
  return match && [match.rank, match.field];
}

it.each([
  ['garcia gabriel', 0, 'name'],
  ['GABRIEL garc', 1, 'name'],
  ['gab gar', 2, 'name'],
  ['gab', 2, 'name'],
  ['gabriel arc', 3, 'name'],
  ['rquez', 4, 'name'],
  ['gabirel garcia', 5, 'name'],
  ['gabirel', 6, 'name'],
  ['gabirel garica', 6, 'name'],
  ['marquesz', 6, 'name'],
  ['macondo', 0, 'email'],
  ['gabo@macondo.example', 0, 'email'],
  ['aracataca', 0, 'emails'],
  ['ohiggins', 0, 'organization'],
  ["libreria o'hig", 1, 'organization'],
  ['+54 11 4321-0000', 0, 'phones'],
  ['011 4321', 4, 'phones'],
  ['garcia 4321-0000', 3, 'name'],
  ['321 000', 4, 'phones'],
])('finds a person by "%s" with rank %d in %s', (query, rank, field) => {
  expect(found(query)).toEqual([rank, field]);
});

it.each(['gabriel lopez', 'ga br iel', 'ab', 'gaxyiel', '99', 'x', '4321 0001'])(
  'does not find that person by "%s"',
  (query) => {
    expect(found(query)).toBeUndefined();
  },
);

it('counts the first ten words of a query', () => {
  const ten = 'gab gabr gabri gabrie gabriel gar garc garci garcia mar';
  expect(found(ten)).toEqual([2, 'name']);
  expect(found(`${ten} nowhere`)).toEqual([2, 'name']);
  expect(found(`nowhere ${ten}`)).toBeUndefined();
});

it('reads groups of digits as words, too', () => {
  const studio = Person.fromPartial({ name: 'Studio 54 2000' });
  expect(found('54 2000', studio)).toEqual([0, 'name']);
  expect(found('2000 studio 54', studio)).toEqual([0, 'name']);
});

it('does not take the digits of a word for a number', () => {
  expect(readingsOf('ana2000', 'AR')).toEqual([['ana2000']]);
  expect(readingsOf('@ - +', 'AR')).toEqual([]);
});
