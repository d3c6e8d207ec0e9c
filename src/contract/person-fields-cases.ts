import { PhoneType, type PartialMessage, type Person } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, unique, type Connected } from './connected.js';

/** 1 character, 2 UTF-16 units, 4 bytes. */
const ROCKET = '🚀';

const phones = (count: number) => Array.from({ length: count }, () => ({ number: '1' }));
const adresses = (count: number, name = 'x') => Array.from({ length: count }, () => ({ name }));
const email = (length: number) => `${'a'.repeat(length - 12)}@example.com`;

type Fields = PartialMessage<Person>;

const accepted: readonly [string, Fields][] = [
  ['a name of 1 character', { name: 'A' }],
  ['a name of 200 characters', { name: 'a'.repeat(200) }],
  ['a name of 200 characters beyond the basic plane', { name: ROCKET.repeat(200) }],
  ['no email', { email: '' }],
  ['an email of 254 characters', { email: email(254) }],
  ['an email without a dot in the domain', { email: 'root@localhost' }],
  ['an email beyond ASCII', { email: 'jörg@bücher.example' }],
  ['a phone of 1 character', { phones: [{ number: '0' }] }],
  ['a phone of 32 characters', { phones: [{ number: '1'.repeat(32) }] }],
  ['every character of phones', { phones: [{ number: '+0123456789()-. /#*,;xpw' }] }],
  ['50 phones', { phones: phones(50) }],
  ['every type of phone', { phones: [0, 1, 2].map((type) => ({ number: '1', type })) }],
  ['20 addresses', { adresses: adresses(20) }],
  ['an address of 200 characters', { adresses: adresses(1, ROCKET.repeat(200)) }],
  ['the first instant of a timestamp', { lastUpdated: new Date('0001-01-01T00:00:00Z') }],
  ['the last instant of a timestamp', { lastUpdated: new Date('9999-12-31T23:59:59.999Z') }],
];

const refused: readonly [string, Fields, string][] = [
  ['no name', { name: '' }, 'name'],
  ['a name of spaces', { name: ' \u00a0\u2003' }, 'name'],
  ['a name of 201 characters', { name: 'a'.repeat(201) }, 'name'],
  ['a name of 201 characters beyond the basic plane', { name: ROCKET.repeat(201) }, 'name'],
  ['a name with NUL', { name: 'An\u0000n' }, 'name'],
  ['a name with a line break', { name: 'An\nn' }, 'name'],
  ['a name with a C1 control character', { name: 'An\u0085n' }, 'name'],
  ['a negative id', { id: -1 }, 'id'],
  ['the lowest id', { id: -2_147_483_648 }, 'id'],
  ['an email of 255 characters', { email: email(255) }, 'email'],
  ['an email without @', { email: 'ann.example.com' }, 'email'],
  ['an email with two @', { email: 'ann@b@example.com' }, 'email'],
  ['an email without a domain', { email: 'ann@' }, 'email'],
  ['an email without a mailbox', { email: '@example.com' }, 'email'],
  ['an email with a space', { email: 'ann b@example.com' }, 'email'],
  ['an email with an empty part of the domain', { email: 'ann@example..com' }, 'email'],
  ['an email with a control character', { email: 'ann\u007f@example.com' }, 'email'],
  ['an empty phone', { phones: [{ number: '' }] }, 'phones[0].number'],
  ['a phone of 33 characters', { phones: [{ number: '1'.repeat(33) }] }, 'phones[0].number'],
  ['a phone with letters', { phones: [{ number: '1' }, { number: '0a' }] }, 'phones[1].number'],
  ['a phone with other digits', { phones: [{ number: '١٢٣' }] }, 'phones[0].number'],
  ['a phone with a line break', { phones: [{ number: '1\n' }] }, 'phones[0].number'],
  ['51 phones', { phones: phones(51) }, 'phones'],
  [
    'an unknown type of phone',
    { phones: [{ number: '1', type: PhoneType.UNRECOGNIZED }] },
    'phones[0].type',
  ],
  ['21 addresses', { adresses: adresses(21) }, 'adresses'],
  ['an empty address', { adresses: [{ name: 'x' }, { name: '' }] }, 'adresses[1].name'],
  ['a blank address', { adresses: adresses(1, '  ') }, 'adresses[0].name'],
  [
    'an address of 201 characters',
    { adresses: adresses(1, ROCKET.repeat(201)) },
    'adresses[0].name',
  ],
  ['an address with a control character', { adresses: adresses(1, 'a\tb') }, 'adresses[0].name'],
];

/** What a valid person is. */
export function personFieldsCases(connected: () => Connected): void {
  const record = (fields: Fields) => connected().client.people.recordPersons([newPerson(fields)]);

  it.each(accepted)('takes %s', async (_, fields) => {
    const { people } = await record(fields);
    const lastUpdated = expect.any(Date) as Date;
    expect(people).toMatchObject([{ ...fields, lastUpdated }]);
  });

  it.each(refused)('refuses %s with INVALID_ARGUMENT', async (_, fields, field) => {
    const error = await failure(record(fields));
    expect(error).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELDS',
      fields: [`people[0].${field}`],
    });
  });

  it('says what is wrong in the text of the status too', async () => {
    const error = await failure(record({ name: '', email: unique('nobody') }));
    expect(error.details).toContain('people[0].name: must not be empty');
    expect(error.details).toContain('people[0].email: must have one @');
  });
}
