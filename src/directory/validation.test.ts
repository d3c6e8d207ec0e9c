import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from './errors.js';
import { checkPerson, checkUser, limits, routedPersonViolations } from './validation.js';

/** The refused fields; none if nothing was thrown. */
function refusedFields(check: () => void): string[] {
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

it('names every wrong field of a person at once, under the path it is given', () => {
  const bad = person({
    name: '\n',
    id: -1,
    email: 'nobody',
    phones: [
      { number: '1', type: PhoneType.MOBILE },
      { number: '', type: PhoneType.MOBILE },
      { number: 'abc', type: PhoneType.UNRECOGNIZED },
    ],
    adresses: [{ name: 'x' }, { name: ' ' }],
    lastUpdated: new Date(NaN),
  });
  const fields = refusedFields(() => {
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

it('names every wrong field of a user at once', () => {
  const bad = UserRequest.fromPartial({ address: '\u0000', id: -1, email: '@' });
  const fields = refusedFields(() => {
    checkUser(bad);
  });
  expect(fields).toEqual(['first_name', 'last_name', 'address', 'id', 'email']);
});

it('tells all of it in the message too', () => {
  expect(() => {
    checkPerson(person({ name: '', id: -1 }));
  }).toThrow('name: must not be empty; id: must not be negative');
});

it('counts characters, not UTF-16 units', () => {
  const astral = '𝒜'.repeat(limits.nameCharacters);
  expect(
    refusedFields(() => {
      checkPerson(person({ name: astral }));
    }),
  ).toEqual([]);
  expect(
    refusedFields(() => {
      checkPerson(person({ name: `${astral}a` }));
    }),
  ).toEqual(['name']);
});

it('refuses half a surrogate pair', () => {
  for (const name of ['\ud83d', 'a\ude80b']) {
    expect(
      refusedFields(() => {
        checkPerson(person({ name }));
      }),
    ).toEqual(['name']);
  }
});

it('is not slow about long garbage', () => {
  const email = 'a@'.repeat(100_000);
  const started = performance.now();
  expect(
    refusedFields(() => {
      checkPerson(person({ email }));
    }),
  ).toEqual(['email']);
  expect(performance.now() - started).toBeLessThan(500);
});

it('looks only at what routing uses', () => {
  expect(routedPersonViolations(person({ name: '', adresses: [{ name: '' }] }))).toEqual([]);
  const bad = person({ id: -1, email: '\u0001', phones: [{ number: '', type: PhoneType.MOBILE }] });
  expect(routedPersonViolations(bad, 'people[0].').map(({ field }) => field)).toEqual([
    'people[0].id',
    'people[0].email',
    'people[0].phones[0].number',
  ]);
});
