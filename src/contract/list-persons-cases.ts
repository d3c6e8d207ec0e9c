import { all, failure } from '../test-support/outcome.js';
import { newPerson, unique, type Connected } from './connected.js';

/** What ListPersons promises. */
export function listPersonsCases(connected: () => Connected): void {
  const people = () => connected().client.people;
  const idsAt = async (name: string) =>
    (await all(people().listPersons({ name }))).map(({ id }) => id);

  async function recordAt(name: string, count: number): Promise<number[]> {
    const list = Array.from({ length: count }, () => newPerson({ adresses: [{ name }] }));
    return (await people().recordPersons(list)).people.map(({ id }) => id);
  }

  it('lists exactly the people who have an address of that name', async () => {
    const [here, there] = [unique('street'), unique('street')];
    const [atHome, away] = [await recordAt(here, 2), await recordAt(there, 1)];
    expect(await idsAt(here)).toEqual(atHome);
    expect(await idsAt(there)).toEqual(away);
  });

  it('lists people as they were recorded', async () => {
    const name = unique('street');
    const phones = [{ number: '1234', type: 1 }];
    const { people: recorded } = await people().recordPersons([
      newPerson({ phones, adresses: [{ name: unique('other') }, { name }] }),
      newPerson({ phones: [], adresses: [{ name }] }),
    ]);
    expect(await all(people().listPersons({ name }))).toEqual(recorded);
  });

  it.each([
    ['without regard to spaces around it', (name: string) => [`  ${name}\u00a0`, `\u2003${name}`]],
    ['without regard to case', (name: string) => [`${name} Straße`, `${name} STRASSE`]],
    ['without regard to case beyond ASCII', (name: string) => [`Éva ${name} Σ`, `éva ${name} ς`]],
    ['whatever the composition', (name: string) => [`Cafe\u0301 ${name}`, `caf\u00e9 ${name}`]],
  ])('compares names %s', async (_, spellings) => {
    const [stored = '', asked = ''] = spellings(unique('street'));
    const ids = await recordAt(stored, 1);
    expect(await idsAt(asked)).toEqual(ids);
    expect(await idsAt(stored)).toEqual(ids);
  });

  it('does not take a part of a name for the name', async () => {
    const name = unique('street');
    await recordAt(`${name} 12`, 1);
    for (const other of [name, `${name}%`, `${name} 1`, `${name} 1_`, `${name} 12 b`]) {
      expect(await idsAt(other)).toEqual([]);
    }
  });

  it('lists in ascending order of id, in whatever order people were recorded', async () => {
    const name = unique('street');
    const ids = await recordAt(name, 5);
    const adresses = [{ name }];
    await people().recordPersons(ids.toReversed().map((id) => newPerson({ id, adresses })));
    expect(await idsAt(name)).toEqual(ids);
  });

  it('lists a person once who has the address twice', async () => {
    const name = unique('street');
    const adresses = [{ name }, { name: name.toUpperCase() }, { name }];
    const { people: recorded } = await people().recordPersons([newPerson({ adresses })]);
    expect(await idsAt(name)).toEqual(recorded.map(({ id }) => id));
  });

  it('lists a person under the new address, no longer under the old', async () => {
    const [before, after] = [unique('street'), unique('street')];
    const [id = 0] = await recordAt(before, 1);
    await people().recordPersons([newPerson({ id, adresses: [{ name: after }] })]);
    expect(await idsAt(before)).toEqual([]);
    expect(await idsAt(after)).toEqual([id]);
  });

  it.each([
    ['an empty', ''],
    ['a blank', ' \u00a0 '],
  ])('lists everyone for %s name, by id, each once', async (_, name) => {
    const mine = [...(await recordAt(unique('street'), 2)), ...(await recordAt(unique('way'), 1))];
    const { people: homeless } = await people().recordPersons([newPerson()]);
    const ids = await idsAt(name);
    expect(ids).toEqual(expect.arrayContaining([...mine, homeless[0]?.id]));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  it('responds with an empty stream, and OK, when no person matches', async () => {
    expect(await idsAt(unique('nowhere'))).toEqual([]);
  });

  it('gives everyone who was there, each once and by id, while people are recorded', async () => {
    const name = unique('street');
    const before = await recordAt(name, 1300);
    const listed: number[] = [];
    let recording: Promise<number[]> | undefined;
    for await (const { id } of people().listPersons({ name })) {
      listed.push(id);
      // The whole list again, replaced, and as many new ones, while it is read.
      recording ??= Promise.all([
        recordAt(name, 700),
        people().recordPersons(before.map((id) => newPerson({ id }))),
      ]).then(([ids]) => ids);
    }
    await recording;
    expect(listed.slice(0, before.length)).toEqual(before);
    expect(listed).toEqual([...new Set(listed)].sort((a, b) => a - b));
    expect(await idsAt(name)).toHaveLength(2000);
  });

  it.each([
    ['a name that is too long', 'x'.repeat(201)],
    ['a control character', 'my\u0007adress'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, name) => {
    const error = await failure(idsAt(name));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['name'] });
  });
}
