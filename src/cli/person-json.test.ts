import { readPerson } from './person-json.js';

const juan = {
  name: 'Juan',
  id: 1,
  email: 'juan@gmail.com',
  phones: [{ number: '1234', type: 'HOME' }, { number: '4321', type: 2 }, { number: '4312' }],
  adresses: [{ name: 'my adress' }],
};

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
      'phone: is not a known field',
      'phones[1].number: must be a string, not 1',
      'phones[1].kind: is not a known field',
      'phones[2]: must be an object, not "x"',
      'adresses: must be an array, not {"name":"x"}',
    ]);
  });

  it.each(['FAX', 'home', 'UNRECOGNIZED', 3, -1, '1', null])(
    'rejects the phone type %p',
    (type) => {
      expect(fieldsOf({ phones: [{ type }] })).toEqual([
        `phones[0].type: must be one of MOBILE, HOME, WORK, not ${JSON.stringify(type)}`,
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
