import { UserRequest } from '../../gen/grpcUser/user.js';
import type { UserChange } from './store.js';
import { userFieldsOfMask, type UserField } from './user-fields.js';
import { planUserChange } from './user-row.js';
import { thrownBy } from '../test-support/outcome.js';

const ann = UserRequest.fromPartial({
  id: 7,
  firstName: 'Ann',
  lastName: 'Lee',
  email: 'Ann@b.c',
  verified: true,
  etag: '9',
});
const stored = UserRequest.encode(ann).finish();

const update = (fields: Partial<UserRequest>, mask: UserField[], etag = ''): UserChange => ({
  kind: 'update',
  user: UserRequest.fromPartial(fields),
  fields: mask,
  etag,
});

it('takes the fields that are set for an empty mask, and named ones in any case', () => {
  expect(userFieldsOfMask([], ann)).toEqual(['firstName', 'lastName', 'verified', 'email']);
  expect(userFieldsOfMask(['verified', 'id'], UserRequest.fromPartial({}))).toEqual(['verified']);
  expect(userFieldsOfMask(['*'], ann)).toHaveLength(5);
  expect(() => userFieldsOfMask(['name'], ann)).toThrow('update_mask: has no field "name"');
});

it('changes the named fields and counts the etag up', () => {
  const plan = planUserChange(update({ lastName: 'Ray', verified: false }, ['verified']), stored);
  if (plan.kind !== 'put') throw new Error('the change writes nothing');
  expect(plan.row).toMatchObject({ id: 7, verified: false, emailKey: 'ann@b.c' });
  expect(UserRequest.decode(plan.row.message)).toEqual({ ...ann, verified: false, etag: '10' });
});

it('writes nothing if nothing changes', () => {
  const plan = planUserChange(update({ lastName: 'Lee' }, ['lastName']), stored);
  expect(plan).toEqual({ kind: 'none', result: stored });
});

it('rejects another etag, an unknown user, and a user who would be invalid', () => {
  expect(
    thrownBy(() => planUserChange(update({ lastName: 'Ray' }, ['lastName'], '8'), stored)),
  ).toMatchObject({ code: 'ETAG_MISMATCH', metadata: { etag: '9' } });
  expect(
    thrownBy(() => planUserChange(update({ lastName: 'Ray' }, ['lastName']), undefined)),
  ).toMatchObject({ code: 'USER_NOT_FOUND' });
  expect(() => planUserChange(update({}, ['firstName', 'lastName']), stored)).toThrow(
    'user.first_name: give a first_name or a last_name',
  );
});

it('deletes a user, and a missing one if that is allowed', () => {
  const change: UserChange = { kind: 'delete', id: 7, etag: '9', allowMissing: false };
  expect(planUserChange(change, stored)).toEqual({ kind: 'delete', id: 7, result: stored });
  expect(planUserChange({ ...change, allowMissing: true }, undefined)).toMatchObject({
    kind: 'none',
  });
  expect(thrownBy(() => planUserChange(change, undefined))).toMatchObject({
    code: 'USER_NOT_FOUND',
  });
});
