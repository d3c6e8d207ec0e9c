import { Person } from '../../gen/personguide/person_guide.js';
import { fieldsOfMask, setFields } from './person-fields.js';

const ann = Person.fromPartial({ id: 7, name: 'Ann', labels: ['vip'], externalId: 'crm-1' });

it('takes the fields that are set for an empty mask', () => {
  expect(fieldsOfMask(undefined, ann)).toEqual(['name', 'labels', 'externalId']);
  expect(fieldsOfMask([], ann)).toEqual(['name', 'labels', 'externalId']);
});

it('takes named fields once, also those that are empty', () => {
  expect(fieldsOfMask(['email', 'external_id', 'email'], ann)).toEqual(['email', 'externalId']);
});

it('takes every field for *, and knows each field of the message', () => {
  const fields = fieldsOfMask(['*'], ann);
  const server = ['id', 'etag', 'lastUpdated', 'createTime', 'deleteTime'];
  expect([...fields, ...server].sort()).toEqual(Object.keys(Person.fromPartial({})).sort());
});

it('ignores the fields that the server sets', () => {
  expect(fieldsOfMask(['id', 'etag', 'last_updated', 'name'], ann)).toEqual(['name']);
});

it('names every unknown path and the known ones', () => {
  let error: unknown;
  try {
    fieldsOfMask(['name', 'nmae', 'externalId', 'phones.number'], ann);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    reason: 'invalid',
    violations: ['nmae', 'externalId', 'phones.number'].map((path) => ({
      field: 'update_mask',
      description: expect.stringContaining(`no field "${path}"; name name, email,`) as string,
    })),
  });
});

it('finds no field set in an empty person', () => {
  expect(setFields(Person.fromPartial({ id: 3, etag: 'x' }))).toEqual([]);
});
