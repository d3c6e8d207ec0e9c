import type { PersonKey } from '../../gen/personguide/person_guide.js';
import type { PartialMessage, Person } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, peopleCalls, unique, uniqueEmail, type Connected } from './connected.js';

type Key = PersonKey['key'];

const UNKNOWN_ID = 2_147_483_646;

export const byId = (value = 0): Key => ({ $case: 'id', value });
export const byEmail = (value = ''): Key => ({ $case: 'email', value });
export const byPhone = (value: string): Key => ({ $case: 'phone', value });
export const byExternalId = (value: string): Key => ({ $case: 'externalId', value });

const invalidKeys: readonly [string, Key, string][] = [
  ['no key', undefined, ''],
  ['the id 0', byId(0), '.id'],
  ['a negative id', byId(-1), '.id'],
  ['an empty email', byEmail(''), '.email'],
  ['an empty phone', byPhone(''), '.phone'],
  ['an empty external id', byExternalId(''), '.external_id'],
  ['a control character', byEmail('a\u0000@b.c'), '.email'],
  ['an email that is too long', byEmail('a'.repeat(255)), '.email'],
];

/** What GetPerson and BatchGetPersons promise. */
export function getPersonCases(connected: () => Connected): void {
  const people = () => peopleCalls(connected());
  const create = async (fields: PartialMessage<Person> = {}) =>
    (await people().createPerson({ person: newPerson(fields) })).person;
  const get = async (key: Key, showDeleted = false) =>
    (await people().getPerson({ key: { key }, showDeleted })).person;

  it('gets a person by id, any email, phone and external id, as stored', async () => {
    const [other, externalId] = [uniqueEmail(), unique('crm')];
    const phone = randomPhone();
    const person = await create({
      emails: [{ address: other, label: 'work' }],
      phones: [{ number: '1' }, { number: phone }],
      externalId,
    });
    const keys = [byId(person?.id), byEmail(person?.email), byEmail(other), byPhone(phone)];
    for (const key of [...keys, byExternalId(externalId)]) expect(await get(key)).toEqual(person);
  });

  it('gets a person by a phone however either is written', async () => {
    const phone = randomPhone();
    const person = await create({ phones: [{ number: phone }] });
    const digits = phone.replaceAll(/\D/g, '');
    const spaced = `+${digits.slice(0, 2)} (${digits.slice(2, 4)}) ${digits.slice(4)}`;
    for (const way of [digits, `+${digits}`, spaced]) {
      expect(await get(byPhone(way))).toEqual(person);
    }
  });

  it('compares emails and external ids exactly', async () => {
    const externalId = unique('crm');
    const person = await create({ externalId });
    for (const key of [
      byEmail(person?.email.toUpperCase()),
      byEmail(` ${person?.email}`),
      byExternalId(externalId.toUpperCase()),
      byExternalId(`${externalId}\u0301`),
    ]) {
      expect(await failure(get(key))).toMatchObject({ codeName: 'NOT_FOUND' });
    }
  });

  it('gets the lowest id of several people with one email or phone', async () => {
    const [email, number] = [uniqueEmail(), randomPhone()];
    const first = await create({ emails: [{ address: email }] });
    await create({ email, phones: [{ number }] });
    await create({ email, phones: [{ number }] });
    expect((await get(byEmail(email)))?.id).toBe(first?.id);
    expect((await get(byPhone(number)))?.id).toBe((first?.id ?? 0) + 1);
  });

  it('gets what was written before, after each kind of write', async () => {
    const [email, number] = [uniqueEmail(), randomPhone()];
    const { people: recorded } = await people().recordPersons([{ name: 'Ann', email }]);
    const id = recorded[0]?.id;
    expect(await get(byEmail(email))).toEqual(recorded[0]);
    const { person: changed } = await people().updatePerson({
      person: { id, phones: [{ number }] },
    });
    expect(await get(byPhone(number))).toEqual(changed);
    await people().updatePerson({ person: { id }, updateMask: ['email'] });
    expect(await failure(get(byEmail(email)))).toMatchObject({ codeName: 'NOT_FOUND' });
    await people().deletePerson({ id });
    expect(await failure(get(byPhone(number)))).toMatchObject({ codeName: 'NOT_FOUND' });
    await people().undeletePerson({ id });
    expect((await get(byPhone(number)))?.id).toBe(id);
  });

  it('finds a deleted person only if the request says so, and after those who are there', async () => {
    const email = uniqueEmail();
    const [ann, bea] = [await create({ email }), await create({ email })];
    const { person: deleted } = await people().deletePerson({ id: ann?.id });
    expect(await get(byEmail(email))).toEqual(bea);
    expect(await get(byEmail(email), true)).toEqual(bea);
    expect(await failure(get(byId(ann?.id)))).toMatchObject({ reason: 'PERSON_NOT_FOUND' });
    expect(await get(byId(ann?.id), true)).toEqual(deleted);
    expect(deleted?.deleteTime).toBeInstanceOf(Date);
  });

  it.each([
    ['id', byId(UNKNOWN_ID), 'no person has that id'],
    ['email', byEmail(uniqueEmail()), 'no person has that email'],
    ['phone', byPhone('+5491155550000000000'), 'no person has that phone'],
    ['external_id', byExternalId(unique('crm')), 'no person has that external_id'],
  ])('fails with NOT_FOUND when no person has the %s', async (_, key, details) => {
    expect(await failure(get(key))).toMatchObject({
      codeName: 'NOT_FOUND',
      reason: 'PERSON_NOT_FOUND',
      details,
    });
  });

  it.each(invalidKeys)('fails with INVALID_ARGUMENT for %s', async (_, key, field) => {
    const error = await failure(get(key));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [`key${field}`] });
    const batch = people().batchGetPersons({ keys: [{ key: byId(1) }, { key }] });
    expect((await failure(batch)).fields).toEqual([`keys[1]${field}`]);
  });

  it('fails with INVALID_ARGUMENT without any key message', async () => {
    expect((await failure(people().getPerson({}))).fields).toEqual(['key']);
  });

  it('gets many people, one result per key, in the order of the keys', async () => {
    const [ann, bea] = [await create(), await create()];
    const keys = [byEmail(bea?.email), byId(UNKNOWN_ID), byId(ann?.id), byId(bea?.id)];
    const { results } = await people().batchGetPersons({ keys: keys.map((key) => ({ key })) });
    expect(results).toEqual([
      { found: true, person: bea },
      { found: false, person: undefined },
      { found: true, person: ann },
      { found: true, person: bea },
    ]);
  });

  it('takes 1 to 1,000 keys', async () => {
    const keysOf = (length: number) => Array.from({ length }, () => ({ key: byId(UNKNOWN_ID) }));
    expect((await people().batchGetPersons({ keys: keysOf(1000) })).results).toHaveLength(1000);
    for (const keys of [keysOf(0), keysOf(1001)]) {
      const error = await failure(people().batchGetPersons({ keys }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['keys'] });
    }
  });

  it('fails with RESOURCE_EXHAUSTED if the people would take more than 3 MiB', async () => {
    const large = await create({ note: '🧑'.repeat(10_000) });
    const keys = Array.from({ length: 80 }, () => ({ key: byId(large?.id) }));
    expect(await failure(people().batchGetPersons({ keys }))).toMatchObject({
      codeName: 'RESOURCE_EXHAUSTED',
      reason: 'RESPONSE_TOO_LARGE',
    });
    const { results } = await people().batchGetPersons({ keys: keys.slice(0, 70) });
    expect(results).toHaveLength(70);
  });
}

/** A valid number in Buenos Aires that hardly any other person has. */
export function randomPhone(): string {
  return `+54 11 ${4000 + Math.floor(Math.random() * 3000)}-${1000 + Math.floor(Math.random() * 9000)}`;
}
