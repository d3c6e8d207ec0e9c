import { PhoneType, type PartialMessage, type Person, type PhoneNumber } from '../index.js';
import { all, failure } from '../test-support/outcome.js';
import { newPerson, uniqueEmail, type Connected } from './connected.js';

const phones = (...numbers: string[]) =>
  numbers.map((number) => ({ number, type: PhoneType.WORK }));
const numbers = (list: readonly PhoneNumber[]) => list.map(({ number }) => number);

/** What RoutePhones promises. */
export function routePhonesCases(connected: () => Connected): void {
  const people = () => connected().client.people;
  const route = async (...list: PartialMessage<Person>[]) =>
    numbers(await all(people().routePhones(list)));

  async function record(fields: PartialMessage<Person>): Promise<Person | undefined> {
    return (await people().recordPersons([newPerson(fields)])).people[0];
  }

  it('answers with all stored phones of a known person, by id or by email', async () => {
    const ann = await record({ phones: phones('1', '2', '3') });
    expect(await route({ id: ann?.id })).toEqual(['1', '2', '3']);
    expect(await route({ email: ann?.email })).toEqual(['1', '2', '3']);
  });

  it('gives number and type as they were recorded', async () => {
    const ann = await record({ phones: [{ number: '+1 (2) 3-4.5', type: PhoneType.HOME }] });
    const answers = await all(people().routePhones([{ id: ann?.id }]));
    expect(answers).toEqual([{ number: '+1 (2) 3-4.5', type: PhoneType.HOME }]);
  });

  it('prefers the stored phones to those of the message, even if there are none', async () => {
    const ann = await record({ phones: phones('1') });
    const bea = await record({ phones: [] });
    expect(await route({ id: ann?.id, phones: phones('9') })).toEqual(['1']);
    expect(await route({ id: bea?.id, phones: phones('9') })).toEqual([]);
  });

  it('answers with the phones that the message carries for whom it does not know', async () => {
    const carried = phones('7', '8');
    expect(await route({ id: 2_147_483_646, phones: carried })).toEqual(['7', '8']);
    expect(await route({ email: uniqueEmail(), phones: carried })).toEqual(['7', '8']);
    expect(await route({ name: 'No key at all', phones: carried })).toEqual(['7', '8']);
  });

  it('does not look by email when the message has an id', async () => {
    const ann = await record({ phones: phones('1') });
    const request = { id: 2_147_483_646, email: ann?.email, phones: phones('9') };
    expect(await route(request)).toEqual(['9']);
  });

  it('answers one person before the next, known or not, thousands of them', async () => {
    const ann = await record({ phones: phones('1', '2') });
    const bea = await record({ phones: phones('3') });
    const turn = [{ id: ann?.id }, { phones: phones('4', '5') }, { email: bea?.email }, {}];
    const rounds = Array.from({ length: 1000 }, () => turn).flat();
    const answer = Array.from({ length: 1000 }, () => ['1', '2', '4', '5', '3']).flat();
    expect(await route(...rounds)).toEqual(answer);
  });

  it('answers while the stream is still open', async () => {
    const ann = await record({ phones: phones('1') });
    const answers: string[] = [];
    let onAnswer: () => void = () => undefined;
    async function* ask() {
      for (let turn = 0; turn < 3; turn += 1) {
        const answered = new Promise<void>((resolve) => (onAnswer = resolve));
        yield { id: ann?.id };
        await answered;
      }
    }
    for await (const { number } of people().routePhones(ask())) {
      answers.push(number);
      onAnswer();
    }
    expect(answers).toEqual(['1', '1', '1']);
  });

  it('answers an empty stream with an empty stream', async () => {
    expect(await route()).toEqual([]);
  });

  it('passes over names, which it does not look at', async () => {
    expect(await route({ name: '', phones: phones('1') })).toEqual(['1']);
  });

  it('answers those before an invalid person, then fails and names the field', async () => {
    const ann = await record({ phones: phones('1', '2') });
    const bad = { phones: [{ number: '3' }, { number: 'four' }, { number: '', type: 99 }] };
    const answers: string[] = [];
    const error = await failure(
      (async () => {
        const requests = [{ id: ann?.id }, { phones: phones('3') }, bad, { id: ann?.id }];
        for await (const { number } of people().routePhones(requests)) answers.push(number);
      })(),
    );
    expect(answers).toEqual(['1', '2', '3']);
    expect(error).toMatchObject({
      codeName: 'INVALID_ARGUMENT',
      fields: [
        'people[2].phones[1].number',
        'people[2].phones[2].number',
        'people[2].phones[2].type',
      ],
    });
  });

  it.each([
    ['a negative id', { id: -1 }, 'people[0].id'],
    ['an email that is too long', { email: `${'a'.repeat(260)}@b.c` }, 'people[0].email'],
    ['too many phones', { phones: phones(...Array<string>(51).fill('1')) }, 'people[0].phones'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, person, field) => {
    const error = await failure(route(person));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
  });
}
