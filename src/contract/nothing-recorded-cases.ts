import {
  connect,
  PhoneType,
  type CallOptions,
  type PartialMessage,
  type Person,
} from '../index.js';
import { openProxy } from '../test-support/breakable-proxy.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, type Connected } from './connected.js';
import { watchedStreet } from './watched-street.js';

/** What RecordPersons promises about calls that come to nothing. */
export function nothingRecordedCases(connected: () => Connected): void {
  const { street, expectNothing } = watchedStreet(connected);
  const people = () => connected().client.people;
  const record = (list: PartialMessage<Person>[], options?: CallOptions) =>
    people().recordPersons(list, options);
  const resident = (fields: PartialMessage<Person> = {}) =>
    newPerson({ adresses: [{ name: street() }], ...fields });

  it('names all invalid fields of the first invalid person', async () => {
    const bad = resident({
      name: ' ',
      id: -5,
      email: 'nobody',
      phones: [{ number: 'x?', type: PhoneType.UNRECOGNIZED }],
    });
    const error = await failure(record([resident(), resident(), resident(), bad, { name: '' }]));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', reason: 'INVALID_FIELDS' });
    expect(error.fields.sort()).toEqual([
      'people[3].email',
      'people[3].id',
      'people[3].name',
      'people[3].phones[0].number',
      'people[3].phones[0].type',
    ]);
    await expectNothing();
  });

  it('leaves people as they were when a later one of the call is invalid', async () => {
    const { people: recorded } = await record([resident({ phones: [{ number: '1' }] })]);
    const id = recorded[0]?.id;
    const error = await failure(record([resident({ id, phones: [] }), resident({ name: '' })]));
    expect(error.fields).toEqual(['people[1].name']);
    expect(await people().getPhone({ id })).toMatchObject({ number: '1' });
  });

  it('refuses an invalid person on arrival, while the stream is still open', async () => {
    const stop = new AbortController();
    const error = await failure(
      people().recordPersons(thenWait([resident(), resident({ name: '' })], stop.signal)),
    );
    stop.abort();
    expect(error.fields).toEqual(['people[1].name']);
    await expectNothing();
  });

  it('refuses the 10,001st person with RESOURCE_EXHAUSTED', async () => {
    const list = Array.from({ length: 10_001 }, () => ({
      name: 'A',
      adresses: [{ name: street() }],
    }));
    expect((await failure(record(list))).codeName).toBe('RESOURCE_EXHAUSTED');
    await expectNothing();
  });

  it('records nothing when the client cancels', async () => {
    const cancel = new AbortController();
    const sent = largePeople(street());
    const requests = thenWait(sent, cancel.signal, () => {
      cancel.abort();
    });
    const error = await failure(people().recordPersons(requests, { signal: cancel.signal }));
    expect(error.codeName).toBe('CANCELLED');
    await expectNothing();
  });

  it('records nothing when the deadline passes before the half-close', async () => {
    const stop = new AbortController();
    const requests = thenWait([resident(), resident()], stop.signal);
    const error = await failure(people().recordPersons(requests, { timeoutMs: 250 }));
    stop.abort();
    expect(error.codeName).toBe('DEADLINE_EXCEEDED');
    await expectNothing();
  });

  it('records nothing when many clients cancel, or run into their deadlines, at the same time', async () => {
    const calls = Array.from({ length: 100 }, async (_, index) => {
      const cancel = new AbortController();
      const requests = thenWait([resident(), resident()], cancel.signal);
      if (index % 2 > 0) return people().recordPersons(requests, { timeoutMs: 100 + index });
      const cancelled = people().recordPersons(requests, { signal: cancel.signal });
      // A round trip later, the people have arrived.
      await people().recordPersons([newPerson()]);
      cancel.abort();
      return cancelled;
    });
    const ends = await Promise.allSettled(calls);
    expect(ends.filter((end) => end.status === 'fulfilled')).toEqual([]);
    await expectNothing();
  });

  it('records nothing when the connection breaks', async () => {
    await using proxy = await openProxy(connected().address);
    await using client = connect(proxy.address, { retry: false });
    const stop = new AbortController();
    const requests = thenWait(largePeople(street()), stop.signal, () => {
      proxy.break();
    });
    const error = await failure(client.people.recordPersons(requests));
    stop.abort();
    expect(error.codeName).toBe('UNAVAILABLE');
    await expectNothing();
  });
}

/** More than a connection holds on its way: who has sent them all knows that most have arrived. */
function largePeople(street: string): PartialMessage<Person>[] {
  const adresses = Array.from({ length: 20 }, () => ({ name: street.padEnd(200) }));
  return Array.from({ length: 300 }, () => ({ name: 'Large', adresses }));
}

/** Sends people, says so, and leaves the stream open until the signal aborts. */
async function* thenWait(
  list: readonly PartialMessage<Person>[],
  signal: AbortSignal,
  onSent?: () => void,
): AsyncGenerator<PartialMessage<Person>> {
  yield* list;
  onSent?.();
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
}
