import { AddressBook, Person, PersonGuideClient } from '../../gen/personguide/person_guide.js';
import type { PartialMessage } from '../index.js';
import { answered, clientOf } from '../test-support/grpc-calls.js';
import { all, failure } from '../test-support/outcome.js';
import { newPerson, unique, uniqueEmail, type Connected } from './connected.js';
import { watchedStreet } from './watched-street.js';

/** How far the clocks of this machine and of a deployed server may be apart. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** What RecordPersons promises about what it stores. */
export function recordPersonsCases(connected: () => Connected): void {
  const people = () => connected().client.people;
  const record = async (...list: PartialMessage<Person>[]) =>
    (await people().recordPersons(list)).people;
  const recordOne = async (fields: PartialMessage<Person> = {}) => {
    const [person] = await record(newPerson(fields));
    if (person === undefined) throw new Error('no person was recorded');
    return person;
  };
  /** Finds the people of an address that no other case uses. */
  const stored = (name: string) => all(people().listPersons({ name }));

  it('responds with the people of the call as stored, in stream order', async () => {
    const name = unique('street');
    const adresses = [{ name }, { name: ' Kept As Sent ' }];
    const phones = [
      { number: '1234', type: 1 },
      { number: '4321', type: 2 },
    ];
    const sent = [
      newPerson({ name: 'Cid', adresses, phones }),
      newPerson({ name: 'Ann', adresses, email: '' }),
      newPerson({ name: 'Bea', adresses, phones: [] }),
    ];
    const recorded = await record(...sent);
    expect(recorded).toMatchObject(sent);
    expect(await stored(name)).toEqual(recorded);
  });

  it('keeps every character of a text as it was sent', async () => {
    const name = '\ufeff Å\u030a 한글 🧑‍🚀 \u200d\ufffd ';
    const street = unique('street');
    await recordOne({ name, adresses: [{ name: street }] });
    expect(await stored(street)).toMatchObject([{ name }]);
  });

  it('answers an empty stream with an empty book', async () => {
    expect(await record()).toEqual([]);
  });

  it('gives id 0 an id above all others, each its own', async () => {
    const first = await recordOne();
    const explicit = await recordOne({ id: first.id + 100 });
    const [one, two] = await record(newPerson(), newPerson());
    expect(one?.id).toBeGreaterThan(explicit.id);
    expect(two?.id).toBeGreaterThan(one?.id ?? 0);
  });

  it('gives id 0 an id above those that the same call names', async () => {
    const { id } = await recordOne();
    const [assigned, named] = await record(newPerson(), newPerson({ id: id + 100 }));
    expect(named?.id).toBe(id + 100);
    expect(assigned?.id).toBeGreaterThan(id + 100);
  });

  it('gives each of many concurrent calls ids of their own', async () => {
    const calls = Array.from({ length: 20 }, () => record(newPerson(), newPerson()));
    const ids = (await Promise.all(calls)).flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(40);
  });

  it('creates the person whose id it is given', async () => {
    const { id } = await recordOne();
    const created = await recordOne({ id: id + 100, phones: [{ number: '77' }] });
    expect(created.id).toBe(id + 100);
    expect(await people().getPhone({ id: id + 100 })).toMatchObject({ number: '77' });
  });

  it('replaces name, email and phones, also by nothing', async () => {
    const street = unique('street');
    const email = uniqueEmail();
    const { id } = await recordOne({ phones: [{ number: '1' }], adresses: [{ name: street }] });
    await record({ id, name: 'Bea', email, phones: [{ number: '2' }, { number: '3' }] });
    const numbered = { id, name: 'Bea', email, phones: [{ number: '2' }, { number: '3' }] };
    expect(await stored(street)).toMatchObject([numbered]);
    await record({ id, name: 'Cid' });
    expect(await stored(street)).toMatchObject([{ id, name: 'Cid', email: '', phones: [] }]);
  });

  it('keeps the addresses of a person who comes without any', async () => {
    const adresses = [{ name: unique('street') }, { name: unique('street') }];
    const { id } = await recordOne({ adresses });
    const [replaced] = await record(newPerson({ id, name: 'Bea' }));
    expect(replaced).toMatchObject({ name: 'Bea', adresses });
    for (const { name } of adresses) expect(await stored(name)).toEqual([replaced]);
  });

  it('replaces all addresses by those that come', async () => {
    const [before, after] = [unique('street'), unique('street')];
    const { id } = await recordOne({ adresses: [{ name: before }] });
    await recordOne({ id, adresses: [{ name: after }] });
    expect(await stored(before)).toEqual([]);
    expect(await stored(after)).toMatchObject([{ id, adresses: [{ name: after }] }]);
  });

  it('lets the last message win when one id comes twice', async () => {
    const { id } = await recordOne();
    const [first, last] = await record(
      newPerson({ id, name: 'First', phones: [{ number: '1' }] }),
      newPerson({ name: 'Between' }),
      newPerson({ id, name: 'Last', phones: [{ number: '2' }] }),
    );
    expect(first).toMatchObject({ name: 'Between' });
    expect(last).toMatchObject({ id, name: 'Last' });
    expect(await people().getPhone({ id })).toMatchObject({ number: '2' });
  });

  it('keeps the addresses that an earlier message of the same id brought', async () => {
    const name = unique('street');
    const { id } = await recordOne();
    await record(newPerson({ id, adresses: [{ name }] }), newPerson({ id, name: 'Last' }));
    expect(await stored(name)).toMatchObject([{ id, name: 'Last' }]);
  });

  it('lets several people share an email', async () => {
    const email = uniqueEmail();
    const recorded = await record(newPerson({ email }), newPerson({ email }));
    expect(recorded).toMatchObject([{ email }, { email }]);
  });

  it('sets last_updated itself, whatever the request says', async () => {
    const before = Date.now();
    const { id, lastUpdated } = await recordOne({ lastUpdated: new Date('2001-02-03T04:05:06Z') });
    expect(Math.abs((lastUpdated?.getTime() ?? 0) - before)).toBeLessThan(CLOCK_SKEW_MS);
    const again = await recordOne({ id });
    expect(again.lastUpdated?.getTime()).toBeGreaterThanOrEqual(lastUpdated?.getTime() ?? Infinity);
  });

  it('responds to a recording beyond 3 MiB with its first people, marked as truncated', async () => {
    const name = unique('street');
    const long = Array.from({ length: 19 }, (_, index) => ({ name: `${index}`.padEnd(190, 'x') }));
    const sent = Array.from({ length: 1300 }, () => newPerson({ adresses: [{ name }, ...long] }));
    // 4.8 MB; a client of the tutorials accepts 4 MiB.
    using stub = clientOf(PersonGuideClient, connected().address);
    const book = await answered<AddressBook>((callback) => {
      const call = stub.recordPersons(callback);
      for (const person of sent) call.write(Person.fromPartial(person as Person));
      call.end();
    });
    expect(book.truncated).toBe(true);
    expect(book.people.length).toBeLessThan(sent.length);
    expect(book.people).toMatchObject(sent.slice(0, book.people.length));
    const encodedBytes = AddressBook.encode(book).finish().length;
    expect(encodedBytes).toBeLessThanOrEqual(3 * 1024 * 1024 + 2);
    expect(encodedBytes).toBeGreaterThan(3 * 1024 * 1024 - 5000);
    expect(await stored(name)).toHaveLength(sent.length);
  });

  it('does not mark a smaller recording as truncated', async () => {
    expect((await people().recordPersons([newPerson()])).truncated).toBe(false);
  });

  it('accepts 10,000 people in one call', async () => {
    const name = unique('street');
    const list = Array.from({ length: 10_000 }, () => ({ name: 'Ann', adresses: [{ name }] }));
    expect(await record(...list)).toHaveLength(10_000);
    expect(await stored(name)).toHaveLength(10_000);
  });
}

/** What an idempotency key promises. */
export function repeatedRecordingCases(connected: () => Connected): void {
  const { street, count } = watchedStreet(connected);
  const resident = (fields: PartialMessage<Person> = {}) =>
    newPerson({ adresses: [{ name: street() }], ...fields });
  const record = (key: string, list: PartialMessage<Person>[]) =>
    connected().client.people.recordPersons(list, { metadata: { 'idempotency-key': key } });

  it('gives a repeated key the first response, and records nothing again', async () => {
    const key = unique('key');
    const list = [resident(), resident()];
    const first = await record(key, list);
    expect(await record(key, list)).toEqual(first);
    expect(await count()).toBe(2);
  });

  it('does so for calls at the same time', async () => {
    const key = unique('key');
    const list = [resident(), resident()];
    const books = await Promise.all(Array.from({ length: 8 }, () => record(key, list)));
    expect(new Set(books.map((book) => JSON.stringify(book))).size).toBe(1);
    expect(await count()).toBe(2);
  });

  it('refuses the same key with other people, in another order, or fewer', async () => {
    const key = unique('key');
    const [ann, bea] = [resident(), resident()];
    await record(key, [ann, bea]);
    for (const other of [[bea, ann], [ann], [ann, { ...bea, name: 'Eve' }], []]) {
      const error = await failure(record(key, other));
      expect(error).toMatchObject({
        codeName: 'FAILED_PRECONDITION',
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });
    }
    expect(await count()).toBe(2);
  });

  it('takes other keys for other calls', async () => {
    const list = [resident()];
    await record(unique('key'), list);
    await record(unique('key'), list);
    expect(await count()).toBe(2);
  });

  it('does not use up the key of a call that was refused', async () => {
    const key = unique('key');
    await failure(record(key, [resident(), { name: '' }]));
    await record(key, [resident()]);
    expect(await count()).toBe(1);
  });

  it('takes a key of 128 characters, and refuses a longer or a spaced one', async () => {
    const long = unique('key').padEnd(128, '~');
    await record(long, [resident()]);
    for (const key of [`${long}x`, 'two words']) {
      const error = await failure(record(key, [resident()]));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['idempotency-key'] });
    }
    expect(await count()).toBe(1);
  });
}
