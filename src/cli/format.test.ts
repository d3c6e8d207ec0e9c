import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneNumber, PhoneType } from '../../gen/personguide/person_guide.js';
import { countOf, personView, phoneLine, phoneView, userView, type View } from './format.js';
import { fieldsLine, oneLine } from './one-line.js';

const home: PhoneNumber = { number: '1234', type: PhoneType.HOME };
const unknownType = PhoneNumber.decode(Uint8Array.of(0x0a, 1, 0x31, 0x10, 9));

function cellsOf<T>(view: View<T>, message: T): string[] {
  return view.columns.map(({ text }) => text(message));
}

function headersOf<T>(view: View<T>): string[] {
  return view.columns.map(({ header }) => header);
}

describe('the text for a terminal', () => {
  it('shows a phone with its type, also with an unknown one', () => {
    expect(phoneLine(home)).toBe('1234              HOME');
    expect(phoneLine(unknownType)).toMatch(/^1 +9$/);
    expect(phoneLine({ number: '', type: PhoneType.MOBILE })).toBe('(no phone)');
    expect(cellsOf(phoneView, home)).toEqual(['1234', 'HOME']);
    expect(cellsOf(phoneView, unknownType)).toEqual(['1', '9']);
  });

  it('shows people in columns', () => {
    const person = Person.create({
      id: 1,
      name: 'Juan',
      email: 'juan@gmail.com',
      phones: [home],
      adresses: [{ name: 'my adress' }, { name: 'home' }],
    });
    expect(headersOf(personView)).toEqual(['ID', 'NAME', 'EMAIL', 'PHONES', 'ADDRESSES']);
    expect(cellsOf(personView, person)).toEqual([
      '1',
      'Juan',
      'juan@gmail.com',
      '1234 HOME',
      'my adress, home',
    ]);
    const bare = Person.create({ id: 12_345, name: 'A' });
    expect(cellsOf(personView, bare)).toEqual(['12345', 'A', '', '', '']);
  });

  it('shows users in columns', () => {
    const user = UserRequest.create({ id: 2, firstName: 'John', lastName: 'Doe', verified: true });
    expect(headersOf(userView)).toEqual(['ID', 'NAME', 'EMAIL', 'STATUS', 'ADDRESS']);
    expect(cellsOf(userView, user)).toEqual(['2', 'John Doe', '', 'verified', '']);
  });

  it('counts with a separator of thousands', () => {
    expect(countOf(1, 'person', 'people')).toBe('1 person');
    expect(countOf(10_000, 'person', 'people')).toBe('10,000 people');
    expect(countOf(0, 'person', 'people')).toBe('0 people');
  });
});

describe('oneLine', () => {
  it('replaces control characters', () => {
    expect(oneLine('a\u001b[2J\nb')).not.toMatch(/\p{Cc}/u);
    expect(oneLine('one\r\ntwo\u2028three\u0000')).toBe('one two three');
  });
});

describe('fieldsLine', () => {
  it('joins fields, and counts those beyond ten', () => {
    const fields = Array.from({ length: 12 }, (_, index) => ({
      field: `f${index}`,
      description: 'bad',
    }));
    expect(fieldsLine(fields.slice(0, 2))).toBe('f0: bad; f1: bad');
    expect(fieldsLine(fields)).toMatch(/; f9: bad; and 2 more$/);
    expect(fieldsLine([{ field: '', description: 'must be an object' }])).toBe('must be an object');
  });
});
