import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import { isPlainPerson } from './plain-person.js';
import { encodeRecorded } from './recorded-people.js';
import { checkPerson } from './validation.js';

const encode = (fields: object): Uint8Array =>
  Person.encode(Person.fromPartial({ name: 'Ann', ...fields })).finish();

const ADA = {
  name: 'Ada Lovelace',
  id: 300,
  email: 'ada.l@mail.example.org',
  phones: [{ number: '+49 30 123/4-5x6' }, { number: '(7)', type: PhoneType.PHONE_TYPE_PAGER }],
  adresses: [
    { name: 'Town' },
    {
      name: 'Villa Añelo',
      street: 'Maipú 1',
      locality: 'Añelo',
      postalCode: '8305',
      country: 'AR',
    },
  ],
  organization: 'Acme',
  title: 'Countess',
  note: 'met in 1833',
  labels: ['friend'],
  externalId: 'x-1',
};

const BEYOND_INT32 = [0x10, 0xff, 0xff, 0xff, 0xff, 0x0f];
const LONG_NUMBER = [0x22, 3, 0x0a, 2, 0x31, 0x31];

const allOf = (id: number): Uint8Array => encode({ ...ADA, id });

it.each([
  ['a name alone', encode({})],
  ['all fields that most people have', encode(ADA)],
  ['a name in another script', encode({ name: '日本語のなまえ' })],
  ['a name with a mark in front', encode({ name: '\ufeffÅ\u030a' })],
  ['the largest id', allOf(2_147_483_647)],
  ['as many phones and addresses as allowed', encode(repeated(50, 20))],
])('knows without decoding that a person is stored as sent: %s', (_, person) => {
  expect(isPlainPerson(person)).toBe(true);
  expect(encodeRecorded(Person.decode(person))).toEqual(person);
});

it.each([
  ['no name', Person.encode(Person.fromPartial({ id: 1 })).finish()],
  ['a name of spaces', encode({ name: '  ' })],
  ['a blank name', encode({ name: '\u3000' })],
  ['a control character', encode({ name: 'Ann\n' })],
  ['one beyond ASCII', encode({ name: 'Ann\u0085' })],
  ['a negative id', allOf(-1)],
  ['an email without @', encode({ email: 'ada.example.org' })],
  ['an email with two', encode({ email: 'ada@example@org' })],
  ['an email with nothing before it', encode({ email: '@example.org' })],
  ['a domain with an empty part', encode({ email: 'ada@example..org' })],
  ['a domain that ends with a dot', encode({ email: 'ada@example.' })],
  ['an email with a space', encode({ email: 'a da@example.org' })],
  ['a phone with a letter', encode({ phones: [{ number: '12a' }] })],
  ['a phone that is empty', encode({ phones: [{ number: '' }] })],
  ['a phone that is too long', encode({ phones: [{ number: '1'.repeat(33) }] })],
  ['a type of phone that is not known', encode({ phones: [{ number: '1', type: 6 }] })],
  ['too many phones', encode(repeated(51, 0))],
  ['too many addresses', encode(repeated(0, 21))],
  ['an address without a name', encode({ adresses: [{ street: 'Maipú 1' }] })],
  ['a label that is too long', encode({ labels: ['x'.repeat(101)] })],
  ['the same label twice', encode({ labels: ['a', 'A'] })],
])('says nothing of a person who is invalid: %s', (_, person) => {
  expect(() => {
    checkPerson(Person.decode(person));
  }).toThrow();
  expect(isPlainPerson(person)).toBe(false);
});

it.each([
  ['a time that the server sets', encode({ lastUpdated: new Date(0) })],
  ['an etag', encode({ etag: 'x' })],
  ['an unknown field', Buffer.concat([encode({}), Buffer.from([0xa2, 0x06, 1, 65])])],
  ['fields in another order', Buffer.concat([Buffer.from([0x10, 1]), encode({})])],
  ['a field twice', Buffer.concat([encode({}), encode({})])],
  ['an id in more bytes than it needs', Buffer.concat([encode({}), Buffer.from([0x10, 0x81, 0])])],
  ['an id beyond int32', Buffer.concat([encode({}), Buffer.from(BEYOND_INT32)])],
  ['a phone with an empty number', Buffer.concat([encode({}), Buffer.from([0x22, 2, 0x0a, 0])])],
  ['a number that is longer than its phone', Buffer.concat([encode({}), Buffer.from(LONG_NUMBER)])],
  ['an id of 0', Buffer.concat([encode({}), Buffer.from([0x10, 0])])],
  ['an empty text', Buffer.concat([encode({}), Buffer.from([0x1a, 0])])],
])('has a person decoded who is not stored as sent: %s', (_, person) => {
  expect(encodeRecorded(Person.decode(person))).not.toEqual(person);
  expect(isPlainPerson(person)).toBe(false);
});

it('is right about bytes that were changed at random', () => {
  const next = randomNumbers();
  let plain = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const person = Buffer.from(round % 2 === 0 ? encode(ADA) : encode({ email: 'a@b', id: 7 }));
    person[next(person.length)] = next(256);
    const sent = round % 3 === 0 ? person.subarray(0, next(person.length)) : person;
    if (!isPlainPerson(sent)) continue;
    plain += 1;
    const decoded = Person.decode(sent);
    checkPerson(decoded);
    expect(Buffer.compare(encodeRecorded(decoded), sent)).toBe(0);
  }
  expect(plain).toBeGreaterThan(1_000);
});

function repeated(phones: number, adresses: number): object {
  return {
    phones: Array.from({ length: phones }, () => ({ number: '1' })),
    adresses: Array.from({ length: adresses }, (_, index) => ({ name: `Town ${index}` })),
  };
}

/** Numbers below a limit, the same in every run. */
function randomNumbers(): (below: number) => number {
  let state = 12_345;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
