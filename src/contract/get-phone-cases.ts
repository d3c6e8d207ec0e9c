import { PhoneType } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, unique, uniqueEmail, type Connected } from './connected.js';

const home = { number: '1234', type: PhoneType.HOME };
const work = { number: '4321', type: PhoneType.WORK };
const noPhone = { number: '', type: PhoneType.MOBILE };

/** What GetPhone promises. */
export function getPhoneCases(connected: () => Connected): void {
  const people = () => connected().client.people;

  async function record(...list: Parameters<typeof newPerson>[0][]) {
    const book = await people().recordPersons(list.map((fields) => newPerson(fields)));
    return book.people;
  }

  it('gets the first recorded phone, by id', async () => {
    const [ann] = await record({ phones: [home, work] });
    expect(await people().getPhone({ id: ann?.id })).toEqual(home);
  });

  it('gets it by email when the id is 0', async () => {
    const email = uniqueEmail();
    await record({ email, phones: [work, home] });
    expect(await people().getPhone({ email })).toEqual(work);
  });

  it('goes by the id alone when it has one, whatever else the request says', async () => {
    const [ann, bea] = await record({ phones: [home] }, { phones: [work] });
    expect(await people().getPhone({ ...bea, id: ann?.id })).toEqual(home);
  });

  it('does not fall back to the email when no person has the id', async () => {
    const [ann] = await record({ phones: [home] });
    const error = await failure(people().getPhone({ id: 2_147_483_646, email: ann?.email }));
    expect(error.codeName).toBe('NOT_FOUND');
  });

  it('compares emails exactly: neither case nor spaces are forgiven', async () => {
    const email = unique('Ann.Exact') + '@example.com';
    await record({ email, phones: [home] });
    for (const other of [email.toLowerCase(), email.toUpperCase(), ` ${email}`, `${email} `]) {
      expect((await failure(people().getPhone({ email: other }))).codeName).toBe('NOT_FOUND');
    }
    expect(await people().getPhone({ email })).toEqual(home);
  });

  it('takes the lowest id of several people with one email', async () => {
    const email = uniqueEmail();
    await record({ email, phones: [home] }, { email, phones: [work] });
    expect(await people().getPhone({ email })).toEqual(home);
  });

  it('does not find a person under an email they no longer have', async () => {
    const email = uniqueEmail();
    const [ann] = await record({ email, phones: [home] });
    await record({ id: ann?.id });
    expect((await failure(people().getPhone({ email }))).codeName).toBe('NOT_FOUND');
  });

  it('answers with an empty phone for a person without phones', async () => {
    const [ann] = await record({ phones: [] });
    expect(await people().getPhone({ id: ann?.id })).toEqual(noPhone);
  });

  it('gets a phone that is all defaults but its number', async () => {
    const [ann] = await record({ phones: [{ number: '0' }] });
    expect(await people().getPhone({ id: ann?.id })).toEqual({ number: '0', type: 0 });
  });

  it('fails with NOT_FOUND and a reason when no person matches', async () => {
    const error = await failure(people().getPhone({ email: uniqueEmail() }));
    expect(error).toMatchObject({ codeName: 'NOT_FOUND', reason: 'PERSON_NOT_FOUND', fields: [] });
  });

  it.each([
    ['neither id nor email', {}, 'id'],
    ['a name alone', { name: 'Ann' }, 'id'],
    ['a negative id', { id: -1, email: 'ann@example.com' }, 'id'],
    ['an email that is too long', { email: `${'a'.repeat(255)}@b.c` }, 'email'],
    ['an email with a control character', { email: 'a\u0000@b.c' }, 'email'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
    const error = await failure(people().getPhone(request));
    expect(error).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELDS',
      fields: [field],
    });
  });
}
