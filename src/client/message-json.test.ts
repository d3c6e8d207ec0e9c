import { UserRequest } from '../../gen/grpcUser/user.js';
import { Adress, Person, PhoneNumber, PhoneType } from '../../gen/personguide/person_guide.js';
import { JsonError, personFromJson, toJson, userFromJson } from '../index.js';
import { thrownBy } from '../test-support/outcome.js';
import { readPerson } from './message-json.js';

const juan = {
  name: 'Juan',
  id: 1,
  email: 'juan@gmail.com',
  phones: [{ number: '1234', type: 'HOME' }, { number: '4321', type: 2 }, { number: '4312' }],
  adresses: [{ name: 'my adress' }],
};

const PHONE_TYPES = 'MOBILE, HOME, WORK, PHONE_TYPE_OTHER, PHONE_TYPE_FAX, PHONE_TYPE_PAGER';

const fieldsOf = (document: unknown) =>
  readPerson(document).violations?.map(({ field, description }) => `${field}: ${description}`);

describe('readPerson', () => {
  it('reads every field, and phone types by name and by number', () => {
    expect(readPerson(juan)).toEqual({
      person: {
        ...juan,
        phones: [{ number: '1234', type: 1 }, { number: '4321', type: 2 }, { number: '4312' }],
      },
    });
  });

  it('reads phone types in upper and lower case', () => {
    expect(readPerson({ phones: [{ type: 'home' }, { type: 'Work' }] })).toEqual({
      person: { phones: [{ type: 1 }, { type: 2 }] },
    });
  });

  it('omits the fields that the document omits', () => {
    expect(readPerson({})).toEqual({ person: {} });
  });

  it('skips the time that the server sets, in both spellings', () => {
    expect(readPerson({ id: 1, lastUpdated: 'whenever', last_updated: 7 })).toEqual({
      person: { id: 1 },
    });
  });

  it('reports every invalid field with its path', () => {
    expect(
      fieldsOf({
        name: 5,
        id: '1',
        phone: [],
        phones: [{ number: '1' }, { number: 1, kind: 'HOME' }, 'x'],
        adresses: { name: 'x' },
      }),
    ).toEqual([
      'name: must be a string, not 5',
      'id: must be a 32-bit integer, not "1"',
      'phone: is not a known field; did you mean phones?',
      'phones[1].number: must be a string, not 1',
      'phones[1].kind: is not a known field',
      'phones[2]: must be an object, not "x"',
      'adresses: must be an array, not {"name":"x"}',
    ]);
  });

  it.each(['FAX', 'UNRECOGNIZED', 'unrecognized', 6, -1, '1', null])(
    'rejects the phone type %p',
    (type) => {
      expect(fieldsOf({ phones: [{ type }] })).toEqual([
        `phones[0].type: must be one of ${PHONE_TYPES}, not ${JSON.stringify(type)}`,
      ]);
    },
  );

  it.each([1.5, 2_147_483_648, -2_147_483_649, 1e300, true, null])('rejects the id %p', (id) => {
    expect(fieldsOf({ id })).toHaveLength(1);
  });

  it.each([null, [], 'Juan', 1])('rejects %p as a person', (document) => {
    expect(fieldsOf(document)).toEqual([`: must be an object, not ${JSON.stringify(document)}`]);
  });

  it('rejects text that is not valid Unicode', () => {
    expect(fieldsOf({ name: 'half a \ud83d' })).toEqual(['name: must be valid Unicode']);
  });

  it('rejects the names of built-in properties', () => {
    expect(fieldsOf(JSON.parse('{"__proto__":{"id":1},"toString":1}'))).toEqual([
      '__proto__: is not a known field',
      'toString: is not a known field',
    ]);
  });

  it('shows only the beginning of a long value', () => {
    expect(fieldsOf({ id: 'x'.repeat(1000) })?.[0]?.length).toBeLessThan(100);
  });
});

describe('JSON of a person', () => {
  const { name, id, email, adresses } = juan;
  const person = Person.fromPartial({
    ...{ name, id, email, adresses },
    phones: [
      { number: '1234', type: PhoneType.MOBILE },
      { number: '4321', type: PhoneType.WORK },
    ],
    lastUpdated: new Date('2026-11-21T10:00:00.123Z'),
  });

  it('has all fields, enum names and ISO times', () => {
    expect(toJson(person)).toEqual({
      ...toJson(Person.fromPartial({})),
      ...juan,
      adresses: [toJson(Adress.fromPartial({ name: 'my adress' }))],
      phones: [
        { number: '1234', type: 'MOBILE' },
        { number: '4321', type: 'WORK' },
      ],
      lastUpdated: '2026-11-21T10:00:00.123Z',
    });
    expect(toJson(Person.fromPartial({}))).toEqual({
      name: '',
      id: 0,
      email: '',
      phones: [],
      adresses: [],
      ...{ etag: '', organization: '', title: '', note: '', labels: [], externalId: '' },
      ...{ emails: [], birthday: '', vcardExtra: [] },
    });
  });

  it('becomes the same person again, also through a text', () => {
    expect(personFromJson(toJson(person))).toEqual(person);
    expect(personFromJson(JSON.parse(JSON.stringify(toJson(person))))).toEqual(person);
    const empty = Person.fromPartial({});
    expect(personFromJson(toJson(empty))).toEqual(empty);
  });

  it('may have field names in snake_case, and leave out fields', () => {
    expect(personFromJson({ last_updated: '2026-11-21T10:00:00+01:00' })).toEqual(
      Person.fromPartial({ lastUpdated: new Date('2026-11-21T09:00:00Z') }),
    );
  });

  it('is refused with all invalid fields', () => {
    const document = { addresses: [], phones: [{ type: 'FAX' }], lastUpdated: '2026-11-21' };
    const error = thrownBy(() => personFromJson(document)) as JsonError;
    expect(error).toBeInstanceOf(JsonError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.violations).toEqual([
      { field: 'addresses', description: 'is not a known field; did you mean adresses?' },
      {
        field: 'phones[0].type',
        description: `must be one of ${PHONE_TYPES}, not "FAX"`,
      },
      {
        field: 'lastUpdated',
        description: 'must be a time such as 2030-01-31T12:00:00Z, not "2026-11-21"',
      },
    ]);
    expect(error.message).toContain('not a valid person: addresses is not a known field');
  });

  it.each(['2026-13-01T00:00:00Z', '2026-11-21T10:00:00', 'yesterday', 5, null])(
    'is refused with the time %p',
    (lastUpdated) => {
      expect(() => personFromJson({ lastUpdated })).toThrow(/lastUpdated must be a time such as/);
    },
  );
});

describe('JSON of a user, a phone number and of lists', () => {
  const user = UserRequest.fromPartial({ id: 7, firstName: 'John', verified: true });

  it('becomes the same user again, also from snake_case', () => {
    expect(toJson(user)).toEqual(user);
    expect(userFromJson(toJson(user))).toEqual(user);
    expect(userFromJson({ first_name: 'John', id: 7, verified: true })).toEqual(user);
  });

  it('is refused with all invalid fields', () => {
    expect(() => userFromJson({ fristName: 'John', verified: 'yes' })).toThrow(
      'not a valid user: fristName is not a known field; did you mean firstName?; ' +
        'verified must be true or false, not "yes"',
    );
  });

  it('has enum names in a phone number, and the number of an unknown type', () => {
    expect(toJson({ number: '1', type: PhoneType.HOME })).toEqual({ number: '1', type: 'HOME' });
    expect(toJson(PhoneNumber.decode(Buffer.from([10, 1, 49, 16, 7])))).toEqual({
      number: '1',
      type: 7,
    });
  });

  it('has the JSON of each message in a list', () => {
    const people = [Person.fromPartial({ phones: [{ number: '1', type: PhoneType.HOME }] })];
    const { people: listed, truncated } = toJson({ people, truncated: true });
    expect(truncated).toBe(true);
    expect(listed[0]?.phones).toEqual([{ number: '1', type: 'HOME' }]);
    expect(toJson({ users: [user] })).toEqual({ users: [user] });
  });

  it('has the JSON of the messages in every response', () => {
    const createTime = new Date('2026-11-21T10:00:00Z');
    const ada = { id: 1, phones: [{ number: '1', type: PhoneType.PHONE_TYPE_FAX }], createTime };
    const person = Person.fromPartial(ada);
    const json = { id: 1, phones: [{ number: '1', type: 'PHONE_TYPE_FAX' }] };
    const expected: unknown = expect.objectContaining({
      ...json,
      createTime: createTime.toISOString(),
    });
    const found = toJson({ matches: [{ person, score: 0.5, field: 'name' }], nextPageToken: 't' });
    expect(found).toEqual({
      matches: [{ person: expected, score: 0.5, field: 'name' }],
      nextPageToken: 't',
    });
    expect(toJson({ person: undefined })).toEqual({});
    const fault = {
      index: 3,
      code: 3,
      message: 'bad',
      violations: [{ field: 'f', description: 'd' }],
    };
    expect(toJson(fault)).toEqual(fault);
    expect(toJson({ people: [person], deletedIds: [2], token: 't' })).toEqual({
      people: [expected],
      deletedIds: [2],
      token: 't',
    });
  });
});
