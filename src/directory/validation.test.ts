import { UserRequest } from '../../gen/grpcUser/user.js';
import { Adress, Person, PhoneType, type PersonKey } from '../../gen/personguide/person_guide.js';
import { DirectoryError } from './errors.js';
import {
  checkPerson,
  checkUser,
  importViolations,
  limits,
  requirePageSize,
  requirePersonLookup,
  routedPersonViolations,
} from './validation.js';

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

it('names every invalid field that was added later', () => {
  const labels = ['VIP', '', ' vip '];
  const emails = [
    { address: '', label: '' },
    { address: 'a@b.c', label: '\n' },
  ];
  const bad = person({
    adresses: [Adress.fromPartial({ name: 'x', street: '\n', country: 'x'.repeat(201) })],
    organization: 'x'.repeat(201),
    title: '\t',
    note: 'fine\n\tbut not \u0000',
    labels,
    externalId: ' ',
    emails,
    birthday: '2001-02-29',
    vcardExtra: ['X-A:1', '', 'X-B:1\nX-C:2'],
  });
  const fields = invalidFields(() => {
    checkPerson(bad);
  });
  expect(fields).toEqual([
    'adresses[0].street',
    'adresses[0].country',
    'organization',
    'title',
    'note',
    'labels[1]',
    'labels[2]',
    'external_id',
    'emails[0].address',
    'emails[1].label',
    'birthday',
    'vcard_extra[1]',
    'vcard_extra[2]',
  ]);
});

it.each(['', '2000-02-29', '--02-29', '1850-12-31'])('accepts the birthday "%s"', (birthday) => {
  checkPerson(person({ birthday }));
});

it.each(['2001-2-3', '--13-01', '2001-04-31', '--02-30', '12-31', '2001-12-31T00:00:00Z'])(
  'rejects the birthday "%s"',
  (birthday) => {
    expect(
      invalidFields(() => {
        checkPerson(person({ birthday }));
      }),
    ).toEqual(['birthday']);
  },
);

it('rejects more labels, emails and vCard lines than a person may have', () => {
  const bad = person({
    labels: Array.from({ length: 51 }, (_, index) => String(index)),
    emails: Array.from({ length: 21 }, () => ({ address: 'a@b.c', label: '' })),
    vcardExtra: Array.from({ length: 201 }, () => 'X-A:1'),
  });
  const fields = invalidFields(() => {
    checkPerson(bad);
  });
  expect(fields).toEqual(['labels', 'emails', 'vcard_extra']);
  const large = person({ vcardExtra: ['x'.repeat(20_000), 'x'.repeat(20_000)] });
  expect(
    invalidFields(() => {
      checkPerson(large);
    }),
  ).toEqual(['vcard_extra']);
});

it('lets a person to import lack a name, but not have a blank one', () => {
  expect(importViolations(person({ name: '' }))).toEqual([]);
  expect(importViolations(person({ name: ' ', id: -1 })).map(({ field }) => field)).toEqual([
    'name',
    'id',
  ]);
});

it('reads the key of a person, whichever it is', () => {
  const lookup = (key: PersonKey['key']): unknown => requirePersonLookup({ key }, 'key');
  expect(lookup({ $case: 'id', value: 7 })).toEqual({ id: 7 });
  expect(lookup({ $case: 'email', value: 'a@b.c' })).toEqual({ email: 'a@b.c' });
  expect(lookup({ $case: 'phone', value: '+1' })).toEqual({ phone: '+1' });
  expect(lookup({ $case: 'externalId', value: 'x' })).toEqual({ externalId: 'x' });
});

it.each([
  [undefined, 'keys[3]'],
  [{ $case: 'id', value: 0 }, 'keys[3].id'],
  [{ $case: 'email', value: '' }, 'keys[3].email'],
  [{ $case: 'externalId', value: '\n' }, 'keys[3].external_id'],
] as const)('rejects the key %p', (key, field) => {
  expect(
    invalidFields(() => {
      requirePersonLookup({ key }, 'keys[3]');
    }),
  ).toEqual([field]);
});

it('has a default and a maximum for the size of a page', () => {
  expect([0, 5, 5000].map((size) => requirePageSize(size, 100, 1000))).toEqual([100, 5, 1000]);
  expect(invalidFields(() => requirePageSize(-1, 100, 1000))).toEqual(['page_size']);
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
