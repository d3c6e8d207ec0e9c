import { Person, PhoneType } from '../../gen/personguide/person_guide.js';
import type { PartialMessage } from '../index.js';
import { all, failure, rejectionOf } from '../test-support/outcome.js';
import {
  newPerson,
  peopleCalls,
  unique,
  uniqueEmail,
  withKey,
  type Connected,
} from './connected.js';

const UNKNOWN_ID = 2_147_483_646;

/** How far the clocks of this machine and of a deployed server may be apart. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** A person with every field that callers set. */
export function fullPerson(): PartialMessage<Person> {
  return {
    name: 'Ana García',
    email: uniqueEmail(),
    phones: [{ number: '+54 11 4321-0000', type: PhoneType.HOME }, { number: '12' }],
    adresses: [
      {
        name: unique('street'),
        street: 'Calle 1',
        locality: 'Rosario',
        region: 'Santa Fe',
        postalCode: 'S2000',
        country: 'Argentina',
      },
    ],
    organization: 'Analytical Engines',
    title: 'Countess',
    note: 'one line\nanother\tline',
    labels: [unique('label'), 'Friends'],
    externalId: unique('crm'),
    emails: [{ address: uniqueEmail(), label: 'work' }],
    birthday: '--12-10',
    vcardExtra: ['X-SKYPE;TYPE=work:ana'],
  };
}

/** What the calls that change one person promise. */
export function changePersonCases(connected: () => Connected): void {
  const people = () => peopleCalls(connected());
  const create = async (fields: PartialMessage<Person> = newPerson()): Promise<Person> =>
    required((await people().createPerson({ person: fields })).person);
  const update = async (person: PartialMessage<Person>, updateMask?: string[]): Promise<Person> =>
    required((await people().updatePerson({ person, updateMask })).person);
  const get = async (id: number): Promise<Person | undefined> =>
    (await people().getPerson({ key: { key: { $case: 'id', value: id } } })).person;

  describe('CreatePerson', () => {
    it('creates a person with every field, and returns it as stored', async () => {
      const before = Date.now();
      const sent = fullPerson();
      const person = await create(sent);
      expect(person).toMatchObject(sent);
      expect(person.id).toBeGreaterThan(0);
      expect(person.etag).not.toBe('');
      expect(person.deleteTime).toBeUndefined();
      expect(person.lastUpdated).toEqual(person.createTime);
      expect(Math.abs(Number(person.createTime) - before)).toBeLessThan(CLOCK_SKEW_MS);
      expect(await get(person.id)).toEqual(person);
    });

    it('gives id 0 an id above all others, and keeps an id that is named', async () => {
      const first = await create();
      const named = await create(newPerson({ id: first.id + 100 }));
      expect(named.id).toBe(first.id + 100);
      expect((await create()).id).toBeGreaterThan(named.id);
    });

    it('ignores what only the server sets', async () => {
      const past = new Date('2001-02-03T04:05:06Z');
      const person = await create(
        newPerson({ etag: 'mine', createTime: past, deleteTime: past, lastUpdated: past }),
      );
      expect(person).toMatchObject({ deleteTime: undefined });
      expect(person.etag).not.toBe('mine');
      expect(person.createTime).not.toEqual(past);
      expect(person.lastUpdated).not.toEqual(past);
    });

    it('fails with ALREADY_EXISTS for an id in use, also that of a deleted person', async () => {
      const { id } = await create();
      const again = () => failure(create(newPerson({ id })));
      const taken = { codeName: 'ALREADY_EXISTS', reason: 'PERSON_EXISTS' };
      expect(await again()).toMatchObject(taken);
      await people().deletePerson({ id });
      expect(await again()).toMatchObject(taken);
    });

    it('fails with ALREADY_EXISTS for an external id in use, until its person is deleted', async () => {
      const externalId = unique('crm');
      const { id } = await create(newPerson({ externalId }));
      expect(await failure(create(newPerson({ externalId })))).toMatchObject({
        codeName: 'ALREADY_EXISTS',
        reason: 'EXTERNAL_ID_TAKEN',
      });
      await people().deletePerson({ id });
      expect((await create(newPerson({ externalId }))).id).toBeGreaterThan(id);
    });

    it('gives an external id to one of many who request it at the same time', async () => {
      const externalId = unique('crm');
      const calls = Array.from({ length: 20 }, () => create(newPerson({ externalId })));
      const ends = await Promise.allSettled(calls);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('names all invalid fields', async () => {
      const error = await failure(create({ name: '', email: 'nobody', birthday: 'today' }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', reason: 'INVALID_FIELDS' });
      expect(error.fields.sort()).toEqual(['person.birthday', 'person.email', 'person.name']);
    });

    it('fails with INVALID_ARGUMENT without a person', async () => {
      expect((await failure(people().createPerson({}))).fields).toEqual(['person']);
    });

    it('takes the largest valid person in one request', async () => {
      const person = largestPerson();
      expect(Person.encode(Person.fromPartial(person as Person)).finish().length).toBeGreaterThan(
        219_000,
      );
      const created = await create(person);
      expect(created).toMatchObject(person);
      const again = { ...person, id: created.id, note: '🧑'.repeat(9999) };
      expect(await update(again, ['*'])).toMatchObject(again);
    });
  });

  describe('UpdatePerson', () => {
    it('changes the fields of the mask, also to nothing, and no others', async () => {
      const before = await create(fullPerson());
      const changes = { id: before.id, name: 'Bea', title: '', note: 'not in the mask' };
      const after = await update(changes, ['name', 'title', 'adresses']);
      const { etag, lastUpdated } = after;
      expect(after).toEqual({ ...before, name: 'Bea', title: '', adresses: [], etag, lastUpdated });
      expect(etag).not.toBe(before.etag);
      expect(Number(lastUpdated)).toBeGreaterThanOrEqual(Number(before.lastUpdated));
      expect(await get(before.id)).toEqual(after);
    });

    it.each([
      ['without a mask', undefined],
      ['with an empty mask', []],
    ])('changes the fields that are set %s', async (_, mask) => {
      const before = await create(fullPerson());
      const after = await update({ id: before.id, title: 'Dr' }, mask);
      const { etag, lastUpdated } = after;
      expect(after).toEqual({ ...before, title: 'Dr', etag, lastUpdated });
    });

    it('changes all fields with a mask of *', async () => {
      const { id } = await create(fullPerson());
      const after = await update({ id, name: 'Only a name' }, ['*']);
      const empty = Person.fromPartial({ id, name: 'Only a name' });
      const { etag, createTime, lastUpdated } = after;
      expect(after).toEqual({ ...empty, etag, createTime, lastUpdated });
      expect(createTime).toBeInstanceOf(Date);
    });

    it('moves a person in lists, by address and label', async () => {
      const [here, there] = [unique('street'), unique('street')];
      const { id } = await create(newPerson({ adresses: [{ name: here }] }));
      await update({ id, adresses: [{ name: there }] });
      expect(await all(people().listPersons({ name: here }))).toEqual([]);
      expect(await all(people().listPersons({ name: there }))).toMatchObject([{ id }]);
    });

    it('leaves the etag and the time as they are if nothing changes', async () => {
      const before = await create(fullPerson());
      for (const mask of [undefined, ['name', 'phones'], ['*']]) {
        expect(await update(before, mask)).toEqual(before);
      }
    });

    it('fails with ABORTED for an etag that is not the current one, which it names', async () => {
      const { id, etag } = await create();
      const after = await update({ id, etag, title: 'first' });
      const error = await rejectionOf(update({ id, etag, title: 'second' }));
      expect(error).toMatchObject({
        codeName: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        info: { etag: after.etag },
      });
      expect(await get(id)).toMatchObject({ title: 'first' });
      expect(await update({ id, etag: after.etag, title: 'second' })).toMatchObject({
        title: 'second',
      });
    });

    it('lets one of many updates with the same etag win', async () => {
      const { id, etag } = await create();
      const calls = Array.from({ length: 20 }, (_, index) =>
        update({ id, etag, title: `${index}` }),
      );
      const ends = await Promise.allSettled(calls);
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('fails with INVALID_ARGUMENT for unknown paths, and names each of them', async () => {
      const before = await create();
      const error = await failure(
        update({ id: before.id, title: 'x' }, ['title', 'nmae', 'e-mail']),
      );
      expect(error.codeName).toBe('INVALID_ARGUMENT');
      expect(error.fields).toEqual(['update_mask', 'update_mask']);
      expect(error.details).toContain('nmae');
      expect(await get(before.id)).toEqual(before);
    });

    it('fails with INVALID_ARGUMENT for an invalid field of the mask, and changes nothing', async () => {
      const before = await create();
      const error = await failure(
        update({ id: before.id, name: ' ', title: 'x' }, ['name', 'title']),
      );
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['person.name'] });
      expect(await get(before.id)).toEqual(before);
    });

    it('fails with ALREADY_EXISTS for the external id of another person', async () => {
      const externalId = unique('crm');
      await create(newPerson({ externalId }));
      const { id } = await create();
      expect((await failure(update({ id, externalId }))).reason).toBe('EXTERNAL_ID_TAKEN');
    });

    it('fails with NOT_FOUND for an unknown and for a deleted person', async () => {
      const { id } = await create();
      await people().deletePerson({ id });
      for (const missing of [id, UNKNOWN_ID]) {
        const error = await failure(update({ id: missing, title: 'x' }));
        expect(error).toMatchObject({ codeName: 'NOT_FOUND', reason: 'PERSON_NOT_FOUND' });
      }
    });

    it.each([
      ['no person', undefined, 'person'],
      ['no id', { name: 'Ann' }, 'person.id'],
      ['a negative id', { id: -1 }, 'person.id'],
    ])('fails with INVALID_ARGUMENT for %s', async (_, person, field) => {
      const error = await failure(people().updatePerson({ person }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
    });

    it('creates a missing person if that is allowed, under its id or a new one', async () => {
      const { id } = await create();
      const upsert = async (person: PartialMessage<Person>) =>
        required((await people().updatePerson({ person, allowMissing: true })).person);
      const named = await upsert(newPerson({ id: id + 100, title: 'x' }));
      expect(named).toMatchObject({ id: id + 100, title: 'x' });
      expect(await upsert({ id: named.id, title: 'y' })).toMatchObject({ name: 'Ann', title: 'y' });
      expect((await upsert(newPerson())).id).toBeGreaterThan(named.id);
      expect((await failure(upsert({ id: id + 50, title: 'x' }))).fields).toEqual(['person.name']);
    });
  });

  describe('DeletePerson', () => {
    it('returns the person with its time of deletion, and hides it from every read', async () => {
      const sent = fullPerson();
      const before = await create(sent);
      const { id } = before;
      const person = required((await people().deletePerson({ id })).person);
      const { etag, deleteTime } = person;
      expect(person).toEqual({ ...before, etag, deleteTime });
      expect(etag).not.toBe(before.etag);
      expect(deleteTime).toBeInstanceOf(Date);
      const [adress] = before.adresses;
      expect(await failure(get(id))).toMatchObject({ codeName: 'NOT_FOUND' });
      expect(await failure(people().getPhone({ id }))).toMatchObject({ codeName: 'NOT_FOUND' });
      expect(await failure(people().getPhone({ email: before.email }))).toMatchObject({
        codeName: 'NOT_FOUND',
      });
      expect(await all(people().listPersons({ name: adress?.name }))).toEqual([]);
      expect(await all(people().routePhones([{ id, phones: [{ number: '7' }] }]))).toMatchObject([
        { number: '7' },
      ]);
      expect((await people().queryPersons({ label: before.labels[0] })).people).toEqual([]);
    });

    it('fails with NOT_FOUND if there is no such person, unless that is allowed', async () => {
      const { id } = await create();
      await people().deletePerson({ id });
      for (const missing of [id, UNKNOWN_ID]) {
        const error = await failure(people().deletePerson({ id: missing }));
        expect(error).toMatchObject({ codeName: 'NOT_FOUND', reason: 'PERSON_NOT_FOUND' });
        expect(await people().deletePerson({ id: missing, allowMissing: true })).toEqual({
          person: undefined,
        });
      }
    });

    it('fails with ABORTED for an etag that is not the current one', async () => {
      const { id, etag } = await create();
      const current = await update({ id, title: 'x' });
      expect(await rejectionOf(people().deletePerson({ id, etag }))).toMatchObject({
        codeName: 'ABORTED',
        reason: 'ETAG_MISMATCH',
        info: { etag: current.etag },
      });
      expect((await people().deletePerson({ id, etag: current.etag })).person?.id).toBe(id);
    });

    it.each([0, -1])('fails with INVALID_ARGUMENT for the id %i', async (id) => {
      const error = await failure(people().deletePerson({ id }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['id'] });
    });

    it('does not free the id', async () => {
      const { id } = await create();
      await people().deletePerson({ id });
      expect((await create()).id).toBeGreaterThan(id);
    });
  });

  describe('UndeletePerson', () => {
    it('brings a person back whole', async () => {
      const before = await create(fullPerson());
      const { id } = before;
      await people().deletePerson({ id });
      const person = required((await people().undeletePerson({ id })).person);
      expect(person).toEqual({ ...before, etag: person.etag });
      expect(person.etag).not.toBe(before.etag);
      expect(await get(id)).toEqual(person);
      expect(await all(people().listPersons({ name: before.adresses[0]?.name }))).toEqual([person]);
      expect((await people().queryPersons({ label: before.labels[0] })).people).toEqual([person]);
    });

    it('fails with ALREADY_EXISTS for a person who is not deleted', async () => {
      const { id } = await create();
      expect(await failure(people().undeletePerson({ id }))).toMatchObject({
        codeName: 'ALREADY_EXISTS',
        reason: 'PERSON_NOT_DELETED',
      });
    });

    it('fails with ALREADY_EXISTS if another person has got the external id', async () => {
      const externalId = unique('crm');
      const { id } = await create(newPerson({ externalId }));
      await people().deletePerson({ id });
      const other = await create(newPerson({ externalId }));
      expect((await failure(people().undeletePerson({ id }))).reason).toBe('EXTERNAL_ID_TAKEN');
      await update({ id: other.id }, ['external_id']);
      expect((await people().undeletePerson({ id })).person?.externalId).toBe(externalId);
    });

    it('fails with NOT_FOUND for an unknown person', async () => {
      expect(await failure(people().undeletePerson({ id: UNKNOWN_ID }))).toMatchObject({
        codeName: 'NOT_FOUND',
        reason: 'PERSON_NOT_FOUND',
      });
    });
  });

  it('brings a deleted person back by RecordPersons, with the new content', async () => {
    const before = await create(fullPerson());
    await people().deletePerson({ id: before.id });
    const { people: recorded } = await people().recordPersons([{ id: before.id, name: 'Bea' }]);
    expect(recorded).toMatchObject([{ id: before.id, name: 'Bea', deleteTime: undefined }]);
    expect(await get(before.id)).toEqual(recorded[0]);
  });

  describe('an idempotency key', () => {
    it('gives a retry of each write the first result', async () => {
      const create = () => people().createPerson({ person: { name: 'Ann' } }, withKey(key));
      const key = unique('key');
      const created = await create();
      const id = created.person?.id;
      expect(await create()).toEqual(created);
      const update = () => people().updatePerson({ person: { id, title: 'x' } }, withKey(key));
      const updated = await update();
      await people().updatePerson({ person: { id, title: 'y' } });
      expect(await update()).toEqual(updated);
      const remove = () => people().deletePerson({ id }, withKey(key));
      const removed = await remove();
      const restore = () => people().undeletePerson({ id }, withKey(key));
      const restored = await restore();
      expect(await remove()).toEqual(removed);
      expect(await restore()).toEqual(restored);
      expect(await get(id ?? 0)).toEqual(restored.person);
    });

    it('is rejected with another request', async () => {
      const key = unique('key');
      await people().createPerson({ person: { name: 'Ann' } }, withKey(key));
      const other = people().createPerson({ person: { name: 'Bea' } }, withKey(key));
      expect(await failure(other)).toMatchObject({
        codeName: 'FAILED_PRECONDITION',
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });
    });

    it('is not used up by a write that fails', async () => {
      const key = unique('key');
      const { id } = await create();
      const restore = () => people().undeletePerson({ id }, withKey(key));
      expect((await failure(restore())).reason).toBe('PERSON_NOT_DELETED');
      await people().deletePerson({ id });
      expect((await restore()).person?.id).toBe(id);
    });
  });
}

function required(person: Person | undefined): Person {
  if (person === undefined) throw new Error('the response has no person');
  return person;
}

/** Each field has as many characters as it may have, of four bytes where it may. */
function largestPerson(): PartialMessage<Person> {
  const text = (length: number): string => '🧑'.repeat(length);
  const email = (): string => `${text(254 - 60)}${uniqueEmail().padStart(60, 'x')}`;
  return {
    name: text(200),
    email: email(),
    phones: Array.from({ length: 50 }, () => ({
      number: '1'.repeat(32),
      type: PhoneType.PHONE_TYPE_PAGER,
    })),
    adresses: Array.from({ length: 20 }, () => ({
      name: text(200),
      street: text(200),
      locality: text(200),
      region: text(200),
      postalCode: text(200),
      country: text(200),
    })),
    organization: text(200),
    title: text(200),
    note: text(10_000),
    labels: Array.from({ length: 50 }, (_, index) => `${10 + index}${text(98)}`),
    externalId: `${text(150)}${unique('crm').padStart(50, 'x')}`,
    emails: Array.from({ length: 20 }, () => ({ address: email(), label: text(100) })),
    birthday: '2000-02-29',
    vcardExtra: Array.from({ length: 200 }, () => 'X-A:'.padEnd(160, 'b')),
  };
}
