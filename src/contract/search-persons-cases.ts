import type { PartialMessage, Person } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, peopleCalls, type Connected } from './connected.js';
import { randomPhone } from './get-person-cases.js';

/** What SearchPersons promises. */
export function searchPersonsCases(connected: () => Connected): void {
  const people = () => peopleCalls(connected());
  const create = async (fields: PartialMessage<Person>): Promise<Person> => {
    const { person } = await people().createPerson({ person: newPerson(fields) });
    if (person === undefined) throw new Error('the response has no person');
    return person;
  };
  const search = async (query: string) =>
    (await people().searchPersons({ query, pageSize: 100 })).matches;
  const idsFor = async (query: string) => (await search(query)).map(({ person }) => person?.id);

  it('finds a person by words in any order, prefixes, parts of words and typos', async () => {
    const word = letters();
    const person = await create({ name: `Gabriéla ${word}` });
    const { length } = word;
    const swapped = `${word.slice(0, 4)}${word[5]}${word[4]}${word.slice(6)}`;
    for (const query of [
      `Gabriéla ${word}`,
      `${word} gabriela`,
      `gab ${word.slice(0, length - 2)}`,
      word.toUpperCase(),
      word.slice(3),
      swapped,
    ]) {
      expect(await search(query)).toContainEqual({
        person,
        score: expect.any(Number) as number,
        field: 'name',
      });
    }
    expect(await idsFor(`${word} ${letters()}`)).toEqual([]);
  });

  it('finds a person by email, organization and the digits of a phone', async () => {
    const [name, organization] = [letters(), letters()];
    const number = randomPhone();
    const person = await create({
      email: `${name}@example.com`,
      organization,
      phones: [{ number }],
    });
    const fieldFor = async (query: string) =>
      (await search(query)).find((match) => match.person?.id === person.id)?.field;
    expect(await fieldFor(name)).toBe('email');
    expect(await fieldFor(organization)).toBe('organization');
    expect(await fieldFor(number.replaceAll(/\D/g, ''))).toBe('phones');
  });

  it('returns the best matches first, then by id', async () => {
    const word = letters();
    const inside = await create({ name: `xyz${word}` });
    const prefix = await create({ name: `${word}zzz` });
    const [exact, again] = [await create({ name: word }), await create({ name: word })];
    const matches = await search(word);
    expect(matches.map(({ person }) => person?.id)).toEqual(
      [exact, again, prefix, inside].map(({ id }) => id),
    );
    const scores = matches.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(Math.max(...scores)).toBeLessThanOrEqual(1);
    expect(Math.min(...scores)).toBeGreaterThan(0);
  });

  it('finds what was written before, after each kind of write', async () => {
    const [before, after] = [letters(), letters()];
    const [id] = (await people().recordPersons([{ name: before }])).people.map((one) => one.id);
    expect(await idsFor(before)).toEqual([id]);
    await people().updatePerson({ person: { id, name: after } });
    expect(await idsFor(before)).toEqual([]);
    expect(await idsFor(after)).toEqual([id]);
    await people().deletePerson({ id });
    expect(await idsFor(after)).toEqual([]);
    await people().undeletePerson({ id });
    expect(await idsFor(after)).toEqual([id]);
  });

  it('returns pages that neither repeat nor skip people', async () => {
    const word = letters();
    await people().recordPersons(Array.from({ length: 12 }, () => ({ name: `Ann ${word}` })));
    const all = await idsFor(word);
    expect(all).toHaveLength(12);
    const ids: (number | undefined)[] = [];
    let pageToken = '';
    do {
      const page = await people().searchPersons({ query: word, pageSize: 5, pageToken });
      expect(page.matches.length).toBeLessThanOrEqual(5);
      ids.push(...page.matches.map(({ person }) => person?.id));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(ids).toEqual(all);
  });

  it('takes 20 people to a page by default, and never more than 3 MiB', async () => {
    const word = letters();
    const note = '🧑'.repeat(10_000);
    for (let calls = 0; calls < 9; calls += 1) {
      const batch = Array.from({ length: 10 }, () => ({ name: `Ann ${word}`, note }));
      await people().recordPersons(batch);
    }
    expect((await people().searchPersons({ query: word })).matches).toHaveLength(20);
    const { matches, nextPageToken } = await people().searchPersons({ query: word, pageSize: 100 });
    expect(matches.length).toBeLessThan(79);
    expect(nextPageToken).not.toBe('');
  });

  it('takes a page token for the same query only', async () => {
    const word = letters();
    await people().recordPersons([{ name: word }, { name: word }]);
    const { nextPageToken } = await people().searchPersons({ query: word, pageSize: 1 });
    for (const [query, pageToken] of [
      [`${word} x`, nextPageToken],
      [word, `${nextPageToken}x`],
      [word, 'x'],
    ] as const) {
      const error = await failure(people().searchPersons({ query, pageToken }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['page_token'] });
    }
  });

  it.each([
    ['an empty query', { query: '' }, 'query'],
    ['a blank query', { query: ' \u3000' }, 'query'],
    ['a query of 201 characters', { query: 'x'.repeat(201) }, 'query'],
    ['a control character', { query: 'a\u0000' }, 'query'],
    ['a negative page size', { query: 'a', pageSize: -1 }, 'page_size'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
    const error = await failure(people().searchPersons(request));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
  });
}

/** A word of letters that hardly any other person has, far from all others. */
function letters(): string {
  return Array.from(
    { length: 14 },
    () => 'bcdfghjklmnpqrstvwxz'[Math.floor(Math.random() * 20)],
  ).join('');
}
