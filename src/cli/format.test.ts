import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneNumber, PhoneType } from '../../gen/personguide/person_guide.js';
import { personLine, phoneLine, userLine } from './format.js';
import { fieldsLine, oneLine } from './one-line.js';

const home: PhoneNumber = { number: '1234', type: PhoneType.HOME };

describe('the lines for a terminal', () => {
  it('show a phone with its type, also with an unknown one', () => {
    expect(phoneLine(home)).toBe('1234              HOME');
    expect(phoneLine(PhoneNumber.decode(Uint8Array.of(0x0a, 1, 0x31, 0x10, 9)))).toMatch(/^1 +9$/);
    expect(phoneLine({ number: '', type: PhoneType.MOBILE })).toBe('(no phone)');
  });

  it('show people in columns', () => {
    const person = Person.create({
      id: 1,
      name: 'Juan',
      email: 'juan@gmail.com',
      phones: [home],
      adresses: [{ name: 'my adress' }, { name: 'home' }],
    });
    expect(personLine(person).split(/ {2,}/)).toEqual([
      '',
      '1',
      'Juan',
      'juan@gmail.com',
      '1234 HOME',
      'my adress, home',
    ]);
    const bare = Person.create({ id: 12_345, name: 'A' });
    expect(personLine(bare).split(/ +/)).toEqual(['12345', 'A', '-', '-', '-']);
  });

  it('show users in columns', () => {
    const user = UserRequest.create({ id: 2, firstName: 'John', lastName: 'Doe', verified: true });
    expect(userLine(user).split(/ {2,}/)).toEqual(['', '2', 'John Doe', '-', 'verified', '-']);
  });

  it('contain no control characters of stored text', () => {
    expect(userLine(UserRequest.create({ firstName: 'a\u001b[2J\nb' }))).not.toMatch(/\p{Cc}/u);
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
