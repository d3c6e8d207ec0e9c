import { UserRequest } from '../../gen/grpcUser/user.js';
import { Adress, Person, PhoneType } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from './errors.js';
import { checkPerson, checkUser, limits, routedPersonViolations } from './validation.js';

const adress = (name: string): Adress => Adress.fromPartial({ name });

/** The fields of the violations; none if the check did not throw. */
function invalidFields(check: () => void): string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof DirectoryError) return error.violations.map(({ field }) => field);
    throw error;
  }
  return [];
}

const person = (fields: Partial<Person>): Person => ({
  ...Person.fromPartial({ name: 'Ann' }),
  ...fields,
});

it('names every invalid field of a person, below the given path', () => {
  const bad = person({
    name: '\n',
    id: -1,
    email: 'nobody',
    phones: [
      { number: '1', type: PhoneType.MOBILE },
      { number: '', type: PhoneType.MOBILE },
      { number: 'abc', type: PhoneType.UNRECOGNIZED },
    ],
    adresses: [adress('x'), adress(' ')],
    lastUpdated: new Date(NaN),
  });
  const fields = invalidFields(() => {
    checkPerson(bad, 'people[3].');
  });
  expect(fields).toEqual([
    'people[3].name',
    'people[3].id',
    'people[3].email',
    'people[3].phones[1].number',
    'people[3].phones[2].number',
    'people[3].phones[2].type',
    'people[3].last_updated',
    'people[3].adresses[1].name',
  ]);
});

it('names every invalid field of a user', () => {
  const bad = UserRequest.fromPartial({
    firstName: ' ',
    lastName: '\n',
    address: '\u0000',
    id: -1,
    email: '@',
  });
  const fields = invalidFields(() => {
    checkUser(bad);
  });
  expect(fields).toEqual(['first_name', 'last_name', 'address', 'id', 'email']);
});

it.each([{ firstName: 'Sukarno' }, { lastName: 'Sukarno' }, { firstName: 'Ann', lastName: 'Lee' }])(
  'accepts a user with the names %j',
  (names) => {
    checkUser(UserRequest.fromPartial(names));
  },
);

it('rejects a user without a first and a last name', () => {
  expect(() => {
    checkUser(UserRequest.fromPartial({}));
  }).toThrow('first_name: give a first_name or a last_name');
});

it.each([
  ['first_name', { firstName: ' ', lastName: 'Lee' }],
  ['last_name', { firstName: 'Ann', lastName: '\u3000' }],
])('rejects a blank %s beside the other name', (field, names) => {
  expect(
    invalidFields(() => {
      checkUser(UserRequest.fromPartial(names));
    }),
  ).toEqual([field]);
});

it('lists all violations in the message, too', () => {
  expect(() => {
    checkPerson(person({ name: '', id: -1 }));
  }).toThrow('name: must not be empty; id: must not be negative');
});

it('counts characters, not UTF-16 units', () => {
  const astral = '𝒜'.repeat(limits.nameCharacters);
  expect(
    invalidFields(() => {
      checkPerson(person({ name: astral }));
    }),
  ).toEqual([]);
  expect(
    invalidFields(() => {
      checkPerson(person({ name: `${astral}a` }));
    }),
  ).toEqual(['name']);
});

it('rejects half a surrogate pair', () => {
  for (const name of ['\ud83d', 'a\ude80b']) {
    expect(
      invalidFields(() => {
        checkPerson(person({ name }));
      }),
    ).toEqual(['name']);
  }
});

it('rejects a long invalid email quickly', () => {
  const email = 'a@'.repeat(100_000);
  const started = performance.now();
  expect(
    invalidFields(() => {
      checkPerson(person({ email }));
    }),
  ).toEqual(['email']);
  expect(performance.now() - started).toBeLessThan(500);
});

it('checks only the fields that routing uses', () => {
  expect(routedPersonViolations(person({ name: '', adresses: [adress('')] }))).toEqual([]);
  const bad = person({ id: -1, email: '\u0001', phones: [{ number: '', type: PhoneType.MOBILE }] });
  expect(routedPersonViolations(bad, 'people[0].').map(({ field }) => field)).toEqual([
    'people[0].id',
    'people[0].email',
    'people[0].phones[0].number',
  ]);
});
