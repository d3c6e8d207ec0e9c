import { status } from '@grpc/grpc-js';
import type { FindUserRequest, PartialMessage, UserRequest } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { unique, uniqueEmail, type Connected } from './connected.js';
import { connectedForSuite } from './person-guide-suite.js';
import { userChangesCases } from './user-changes-cases.js';
import { bytesField, detailsOf, rawCall } from '../test-support/raw-call.js';

type Fields = PartialMessage<UserRequest>;

const ROCKET = '🚀';

const newUser = (fields: Fields = {}): Fields => ({ firstName: 'Ann', lastName: 'Lee', ...fields });
const key = (metadata: string) => ({ metadata: { 'idempotency-key': metadata } });
const byEmail = (value: string): FindUserRequest => ({ key: { $case: 'email', value } });
const byId = (value = 0): FindUserRequest => ({ key: { $case: 'id', value } });

const accepted: readonly [string, Fields][] = [
  ['names of 1 character', { firstName: 'A', lastName: 'B' }],
  ['names of 200 characters', { firstName: ROCKET.repeat(200), lastName: 'b'.repeat(200) }],
  ['no first name', { firstName: '' }],
  ['no last name', { lastName: '' }],
  ['no address', { address: '' }],
  ['an address of 200 characters', { address: ROCKET.repeat(200) }],
  ['a verified user', { verified: true }],
];

const refused: readonly [string, Fields, string][] = [
  ['neither name', { firstName: '', lastName: '' }, 'first_name'],
  ['a blank first name', { firstName: ' ' }, 'first_name'],
  ['a blank last name', { lastName: ' \u3000' }, 'last_name'],
  ['a first name of 201 characters', { firstName: ROCKET.repeat(201) }, 'first_name'],
  ['a last name of 201 characters', { lastName: 'b'.repeat(201) }, 'last_name'],
  ['a control character', { lastName: 'Le\u0000e' }, 'last_name'],
  ['an address of 201 characters', { address: 'c'.repeat(201) }, 'address'],
  ['an address with a line break', { address: 'a\r\nb' }, 'address'],
  ['a negative id', { id: -1 }, 'id'],
  ['an email without a domain', { email: 'ann@' }, 'email'],
  ['an email of 255 characters', { email: `${'a'.repeat(243)}@example.com` }, 'email'],
];

/**
 * Everything that the UserService promises, against any server: `open` starts one or knows one.
 * The directory may hold other users, and others may use it meanwhile.
 */
export function userServiceSuite(name: string, open: () => Promise<Connected>): void {
  describe(`UserService contract: ${name}`, () => {
    const connected = connectedForSuite(open);

    describe('AddUser', () => {
      addUserCases(connected);
    });
    describe('AddUser with an idempotency key', () => {
      repeatedAddCases(connected);
    });
    describe('GetUser', () => {
      getUserCases(connected);
    });
    describe('FindUser', () => {
      findUserCases(connected);
    });
    userChangesCases(connected);
  });
}

function addUserCases(connected: () => Connected): void {
  const users = () => connected().client.users;

  it('answers with code 200, the tutorial’s text, and the user as stored', async () => {
    const request = newUser({ address: 'Here 1', verified: true, email: uniqueEmail() });
    const answer = await users().addUser(request);
    expect(answer).toEqual({
      code: 200,
      message: 'user saved successfully',
      user: { ...request, id: expect.any(Number) as number, etag: '1' },
    });
    expect(await users().findUser(byId(answer.user?.id))).toEqual(answer.user);
  });

  it('gives each user an id above all others, whatever id the request names', async () => {
    const { user: ann } = await users().addUser(newUser({ id: 7 }));
    const { user: bea } = await users().addUser(newUser({ id: 7 }));
    expect(ann?.id).toBeGreaterThan(0);
    expect(bea?.id).toBeGreaterThan(ann?.id ?? Infinity);
  });

  it('takes any number of users of one name, without an email', async () => {
    const added = await Promise.all([newUser(), newUser()].map((user) => users().addUser(user)));
    expect(added[0]?.user?.id).not.toBe(added[1]?.user?.id);
  });

  it('refuses an email that another user has, in whatever case', async () => {
    const email = uniqueEmail();
    await users().addUser(newUser({ email }));
    for (const taken of [email, email.toUpperCase()]) {
      expect(await failure(users().addUser(newUser({ email: taken })))).toMatchObject({
        codeName: 'ALREADY_EXISTS',
        reason: 'EMAIL_TAKEN',
      });
    }
  });

  it('gives an email to one of many users who request it at the same time', async () => {
    const email = uniqueEmail();
    const calls = Array.from({ length: 20 }, () => users().addUser(newUser({ email })));
    const ends = await Promise.allSettled(calls);
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(1);
  });

  it.each(accepted)('takes %s', async (_, fields) => {
    const { user } = await users().addUser(newUser(fields));
    expect(user).toMatchObject(fields);
  });

  it.each(refused)('refuses %s with INVALID_ARGUMENT', async (_, fields, field) => {
    const error = await failure(users().addUser(newUser(fields)));
    expect(error).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELDS',
      fields: [field],
    });
  });

  it('names all invalid fields of a request', async () => {
    const error = await failure(users().addUser({ id: -1, email: 'nobody' }));
    expect(error.fields.sort()).toEqual(['email', 'first_name', 'id']);
  });

  it('refuses text that is not UTF-8', async () => {
    const request = bytesField(1, Buffer.from([0x41, 0xed, 0xa0, 0x80]));
    const end = await rawCall(connected().address, '/grpcUser.UserService/AddUser', [request]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(end).reason).toBe('UNDECODABLE_MESSAGE');
  });
}

function repeatedAddCases(connected: () => Connected): void {
  const users = () => connected().client.users;

  it('gives a repeated key the first response, and adds no second user', async () => {
    const once = key(unique('key'));
    const user = newUser({ email: uniqueEmail() });
    const calls = Array.from({ length: 5 }, () => users().addUser(user, once));
    const answers = [...(await Promise.all(calls)), await users().addUser(user, once)];
    expect(new Set(answers.map((answer) => answer.user?.id)).size).toBe(1);
    expect(answers.at(-1)).toEqual(answers[0]);
  });

  it('refuses the same key with another user', async () => {
    const once = key(unique('key'));
    await users().addUser(newUser(), once);
    const error = await failure(users().addUser(newUser({ firstName: 'Bea' }), once));
    expect(error).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('does not mix keys up with those of RecordPersons', async () => {
    const once = key(unique('key'));
    await connected().client.people.recordPersons([{ name: 'Ann' }], once);
    expect((await users().addUser(newUser(), once)).code).toBe(200);
  });

  it('refuses a key that is no visible ASCII', async () => {
    const error = await failure(users().addUser(newUser(), key('two words')));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['idempotency-key'] });
  });
}

function getUserCases(connected: () => Connected): void {
  const users = () => connected().client.users;
  const add = async (fields: Fields) => (await users().addUser(newUser(fields))).user;

  it('gets exactly the users with that flag, as stored', async () => {
    const [yes, no] = [await add({ verified: true }), await add({ verified: false })];
    const verified = (await users().getUser({ verified: true })).users;
    const unverified = (await users().getUser({ verified: false })).users;
    expect(verified).toContainEqual(yes);
    expect(unverified).toContainEqual(no);
    expect(verified.every((user) => user.verified)).toBe(true);
    expect(unverified.some((user) => user.verified)).toBe(false);
  });

  it('means the unverified by an empty request', async () => {
    const no = await add({ verified: false });
    const { users: list } = await users().getUser({});
    expect(list).toContainEqual(no);
    expect(list.some((user) => user.verified)).toBe(false);
  });

  it('lists more than a page of users by id, each once', async () => {
    const lastName = unique('Lee');
    const added = await Promise.all(Array.from({ length: 1100 }, () => add({ lastName })));
    const ids = (await users().getUser({})).users.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const listed = new Set<number | undefined>(ids);
    expect(added.filter((user) => !listed.has(user?.id))).toEqual([]);
  });
}

function findUserCases(connected: () => Connected): void {
  const users = () => connected().client.users;

  it('finds a user by id, and by email whatever its case', async () => {
    const email = `Jörg.${uniqueEmail()}`;
    const { user } = await users().addUser(newUser({ email }));
    expect(await users().findUser(byId(user?.id))).toEqual(user);
    for (const asked of [email, email.toUpperCase(), email.toLowerCase()]) {
      expect(await users().findUser(byEmail(asked))).toEqual(user);
    }
  });

  it('fails with NOT_FOUND when no user has the key', async () => {
    for (const request of [byId(2_147_483_647), byEmail(uniqueEmail())]) {
      expect(await failure(users().findUser(request))).toMatchObject({
        codeName: 'NOT_FOUND',
        reason: 'USER_NOT_FOUND',
      });
    }
  });

  it.each([
    ['no key', {}, 'key'],
    ['the id 0', byId(0), 'id'],
    ['a negative id', byId(-1), 'id'],
    ['an empty email', byEmail(''), 'email'],
    ['an email that is too long', byEmail('a'.repeat(255)), 'email'],
    ['a control character', byEmail('a\u0000@b.c'), 'email'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
    const error = await failure(users().findUser(request));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
  });
}
