import { status } from '@grpc/grpc-js';
import { ImportMatch, type ImportOptions } from '../../gen/personguide/person_guide.js';
import type { CallOptions, PartialMessage, Person } from '../index.js';
import { all, failure } from '../test-support/outcome.js';
import { detailsOf, rawCall } from '../test-support/raw-call.js';
import { newPerson, peopleCalls, unique, uniqueEmail, type Connected } from './connected.js';
import { ImportCall } from './import-call.js';
import { watchedStreet } from './watched-street.js';

const IMPORT_PERSONS = '/personguide.PersonGuide/ImportPersons';

const UNKNOWN_ID = 2_147_483_000;

/** A valid import without faults has this response. */
const progress = (committed: number, fields: object = {}) => ({
  committed,
  created: committed,
  updated: 0,
  unchanged: 0,
  faults: [],
  ...fields,
});

/** What ImportPersons promises. */
export function importPersonsCases(connected: () => Connected): void {
  const { street, count } = watchedStreet(connected);
  const people = () => peopleCalls(connected());
  const resident = (fields: PartialMessage<Person> = {}) =>
    newPerson({ adresses: [{ name: street() }], ...fields });
  const residents = (length: number) => Array.from({ length }, () => resident());
  const residentsThere = () => all(people().listPersons({ name: street() }));

  /** Begins an import, and reads its first response. */
  async function begin(options?: PartialMessage<ImportOptions>, callOptions?: CallOptions) {
    const call = new ImportCall(connected(), callOptions);
    call.send({ options });
    return { call, first: await call.next() };
  }

  /** Imports people in one batch. */
  async function importOnce(
    options: PartialMessage<ImportOptions>,
    ...list: PartialMessage<Person>[]
  ) {
    const [, response] = await all(people().importPersons([{ options }, { people: list }]));
    if (response === undefined) throw new Error('the batch had no response');
    return response;
  }

  it('answers the options before the first batch, and each batch when it is stored', async () => {
    const { call, first } = await begin();
    expect(first).toEqual(progress(0));
    expect(await call.add(resident(), resident())).toEqual(progress(2));
    expect(await count()).toBe(2);
    expect(await call.add(resident())).toEqual(progress(3));
    expect(await count()).toBe(3);
    expect(await call.end()).toEqual([]);
  });

  it('stores people as CreatePerson does', async () => {
    const sent = resident({ labels: ['a'], externalId: unique('crm'), vcardExtra: ['X-A:b'] });
    await importOnce({}, sent);
    const [person] = await residentsThere();
    expect(person).toMatchObject(sent);
    expect(person?.id).toBeGreaterThan(0);
    expect(person?.etag).not.toBe('');
    expect(person?.createTime).toEqual(person?.lastUpdated);
  });

  it('takes options and people in one request, and people without any options', async () => {
    const requests = [{ options: {}, people: residents(2) }, {}, { people: residents(1) }];
    const responses = await all(people().importPersons(requests));
    expect(responses).toEqual([progress(0), progress(2), progress(3)]);
    expect(await all(people().importPersons([{ people: residents(1) }]))).toHaveLength(2);
    expect(await count()).toBe(4);
  });

  it('takes 10,000 people, and 4 MiB, in a request', async () => {
    const many = Array.from({ length: 10_000 }, () => ({ name: 'A' }));
    expect(await importOnce({ dryRun: true }, ...many)).toEqual(progress(10_000));
    const large = Array.from({ length: 101 }, () => ({ name: 'A', note: '🧑'.repeat(10_000) }));
    expect(await importOnce({ dryRun: true }, ...large)).toEqual(progress(101));
  });

  it('answers an empty stream with an empty stream', async () => {
    expect(await all(people().importPersons([]))).toEqual([]);
  });

  it('returns bad people by index with all that is wrong, and imports the others', async () => {
    const { call } = await begin();
    await call.add(resident());
    const { faults, ...numbers } = await call.add(
      resident({ name: ' ', email: 'nobody', phones: [{ number: 'x?' }] }),
      resident(),
      resident({ name: '' }),
    );
    expect(numbers).toEqual({ committed: 4, created: 2, updated: 0, unchanged: 0 });
    expect(faults).toMatchObject([
      { index: 1, code: status.INVALID_ARGUMENT },
      { index: 3, code: status.INVALID_ARGUMENT, violations: [{ field: 'name' }] },
    ]);
    expect(faults[0]?.violations.map(({ field }) => field).sort()).toEqual([
      'email',
      'name',
      'phones[0].number',
    ]);
    expect(faults[0]?.message).toContain('email: must have one @');
    await call.end();
    expect(await count()).toBe(2);
  });

  it('returns a fault for an id and an external id in use', async () => {
    const externalId = unique('crm');
    const { person } = await people().createPerson({ person: newPerson({ externalId }) });
    const { faults } = await importOnce(
      {},
      resident({ id: person?.id }),
      resident({ externalId }),
      resident({ externalId: `${externalId}-2` }),
      resident({ externalId: `${externalId}-2` }),
    );
    expect(faults).toMatchObject(
      [0, 1, 3].map((index) => ({ index, code: status.ALREADY_EXISTS })),
    );
    expect(await count()).toBe(1);
  });

  it.each([
    ['id', ImportMatch.IMPORT_MATCH_ID],
    ['external id', ImportMatch.IMPORT_MATCH_EXTERNAL_ID],
    ['email', ImportMatch.IMPORT_MATCH_EMAIL],
  ])('updates the person with the same %s, and only the fields that are set', async (_, match) => {
    const [email, externalId] = [uniqueEmail(), unique('crm')];
    const { person } = await people().createPerson({
      person: resident({ email, externalId, title: 'Dr', labels: ['a'] }),
    });
    const id = match === ImportMatch.IMPORT_MATCH_ID ? person?.id : 0;
    const key = { id, email, externalId };
    const response = await importOnce(
      { match },
      { ...key, title: 'Prof' },
      { ...key, title: 'Prof' },
      resident(),
    );
    expect(response).toEqual({ committed: 3, created: 1, updated: 1, unchanged: 1, faults: [] });
    const [updated] = await residentsThere();
    expect(updated).toEqual({
      ...person,
      title: 'Prof',
      etag: updated?.etag,
      lastUpdated: updated?.lastUpdated,
    });
    expect(updated?.etag).not.toBe(person?.etag);
  });

  it('creates a person whose id nobody has, if people are matched by id', async () => {
    const { person } = await people().createPerson({ person: newPerson() });
    const id = (person?.id ?? 0) + 100;
    await importOnce({ match: ImportMatch.IMPORT_MATCH_ID }, resident({ id }));
    expect(await residentsThere()).toMatchObject([{ id }]);
  });

  it('checks and counts in a dry run, and writes nothing', async () => {
    const { person } = await people().createPerson({ person: resident() });
    const response = await importOnce(
      { dryRun: true, match: ImportMatch.IMPORT_MATCH_EMAIL },
      resident(),
      resident({ email: person?.email, title: 'x' }),
      resident({ name: '', email: '' }),
      { email: person?.email },
    );
    expect(response).toMatchObject({ committed: 4, created: 1, updated: 1, unchanged: 1 });
    expect(response.faults).toMatchObject([{ index: 2, code: status.INVALID_ARGUMENT }]);
    expect(await residentsThere()).toEqual([person]);
  });

  describe('with an import_id', () => {
    it('goes on where the earlier calls were, whatever ended them', async () => {
      const importId = unique('import');
      const { call, first } = await begin({ importId });
      expect(first).toEqual(progress(0));
      await call.add(resident(), resident({ name: '' }));
      await call.add(resident());
      await call[Symbol.asyncDispose]();
      const resumed = await begin({ importId });
      expect(resumed.first).toMatchObject({ committed: 3, created: 2, faults: [{ index: 1 }] });
      const response = await resumed.call.add(resident(), resident({ email: '@' }));
      expect(response).toMatchObject({ committed: 5, created: 3, faults: [{ index: 4 }] });
      await resumed.call.end();
      const again = await begin({ importId });
      expect(again.first).toMatchObject({
        committed: 5,
        created: 3,
        faults: [
          { index: 1, code: 3, message: 'name: must not be empty' },
          { index: 4, violations: [{ field: 'email' }] },
        ],
      });
      expect(await again.call.end()).toEqual([]);
      expect(await count()).toBe(3);
    });

    it('returns any number of earlier faults, each once', async () => {
      const importId = unique('import');
      const { call } = await begin({ importId });
      call.send({ people: Array.from({ length: 1700 }, () => ({ name: '' })) });
      const indexes = [];
      for (let committed = 0; committed === 0;) {
        const response = await call.next();
        ({ committed } = response);
        indexes.push(...response.faults.map(({ index }) => index));
      }
      const all1700 = Array.from({ length: 1700 }, (_, index) => index);
      expect(indexes).toEqual(all1700);
      await call.end();
      const responses = await all(people().importPersons([{ options: { importId } }]));
      expect(responses.every(({ committed }) => committed === 1700)).toBe(true);
      const faults = responses.flatMap((response) => response.faults);
      expect(faults.map(({ index }) => index)).toEqual(all1700);
    });

    it('fails with ABORTED when another call has moved the import on', async () => {
      const importId = unique('import');
      const { call } = await begin({ importId });
      const { call: other } = await begin({ importId });
      await other.add(resident());
      expect(await failure(call.add(resident()))).toMatchObject({
        codeName: 'ABORTED',
        reason: 'IMPORT_CONFLICT',
      });
      await other.end();
      expect(await count()).toBe(1);
    });
  });

  describe('fails with INVALID_ARGUMENT for', () => {
    it.each([
      ['an import_id with a space', { importId: 'a b' }, 'options.import_id'],
      ['an import_id of 129 characters', { importId: 'x'.repeat(129) }, 'options.import_id'],
      ['a resumable dry run', { importId: 'x', dryRun: true }, 'options.dry_run'],
      ['an unknown match', { match: ImportMatch.UNRECOGNIZED }, 'options.match'],
    ])('%s', async (_, options, field) => {
      const error = await failure(all(people().importPersons([{ options }])));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
    });

    it('people in the first request of an import that may have been begun', async () => {
      const requests = [{ options: { importId: unique('import') }, people: residents(1) }];
      expect((await failure(all(people().importPersons(requests)))).fields).toEqual(['people']);
      expect(await count()).toBe(0);
    });

    it('more than 10,000 people in a request', async () => {
      const list = Array.from({ length: 10_001 }, () => ({ name: 'A' }));
      const error = await failure(importOnce({}, ...list));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['people'] });
    });

    it('a request that cannot be decoded; the batches before it stay', async () => {
      const { call } = await begin();
      await call.add(resident());
      await call[Symbol.asyncDispose]();
      const end = await rawCall(connected().address, IMPORT_PERSONS, [
        Buffer.from([0x12, 0x05, 0x41]),
      ]);
      expect(end.code).toBe(status.INVALID_ARGUMENT);
      expect(detailsOf(end).reason).toBe('UNDECODABLE_MESSAGE');
      expect(await count()).toBe(1);
    });
  });

  it('keeps the batches that were answered when the caller cancels', async () => {
    const cancel = new AbortController();
    const { call } = await begin({}, { signal: cancel.signal });
    await call.add(resident());
    cancel.abort();
    expect((await failure(call.next())).codeName).toBe('CANCELLED');
    expect(await count()).toBe(1);
  });

  it('keeps the batches that were answered when the deadline passes', async () => {
    const { call } = await begin({}, { timeoutMs: 500 });
    await call.add(resident());
    expect((await failure(call.next())).codeName).toBe('DEADLINE_EXCEEDED');
    expect(await count()).toBe(1);
  });

  it('reads no more batches while the caller does not read responses', async () => {
    const { call } = await begin({ dryRun: true });
    // A response to such a batch has about 100 KiB.
    const batch = Array.from({ length: 450 }, () => ({ id: UNKNOWN_ID, name: '' }));
    for (let sent = 0; sent < 2000; sent += 1) call.send({ people: batch });
    // Another import goes on meanwhile, and long enough that the server would have read them all.
    const other = await begin();
    for (let sent = 0; sent < 50; sent += 1) await other.call.add(...residents(20));
    await other.call.end();
    expect(call.taken).toBeLessThan(1000);
    for (let read = 0; read < 300; read += 1) {
      const { committed } = await call.next();
      expect(committed).toBe((read + 1) * batch.length);
    }
    await call[Symbol.asyncDispose]();
  });
}
