import { Person } from '../../gen/personguide/person_guide.js';
import { batchesOf } from './batches.js';
import type { PersonInput } from '../index.js';

async function* peopleOf(count: number): AsyncGenerator<PersonInput> {
  for (let id = 1; id <= count; id += 1) yield { id };
}

/** The ids of each batch. */
async function batched(
  people: AsyncIterable<PersonInput>,
  limits: { people: number; bytes: number },
  batches: (number | undefined)[][] = [],
): Promise<(number | undefined)[][]> {
  let expectedStart = 0;
  for (const batch of batchesOf(people, limits)) {
    expect(batch).toMatchObject({ start: expectedStart, count: 0, complete: false });
    const ids: (number | undefined)[] = [];
    for await (const { id } of batch.people) ids.push(id);
    expect(batch).toMatchObject({ count: ids.length, complete: true });
    expectedStart += ids.length;
    batches.push(ids);
  }
  return batches;
}

it.each([
  [0, [[]]],
  [1, [[1]]],
  [3, [[1, 2, 3]]],
  [4, [[1, 2, 3], [4]]],
  [
    6,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
])('splits %i people into batches of three', async (count, expected) => {
  expect(await batched(peopleOf(count), { people: 3, bytes: 1e6 })).toEqual(expected);
});

it('splits by encoded bytes, too', async () => {
  const bytes = Person.encode(Person.fromPartial({ id: 1 })).finish().length;
  const limits = { people: 100, bytes: 2 * bytes };
  expect(await batched(peopleOf(5), limits)).toEqual([[1, 2], [3, 4], [5]]);
});

it('sends a person above the limit alone, for the server to reject', async () => {
  expect(await batched(peopleOf(2), { people: 100, bytes: 1 })).toEqual([[1], [2]]);
});

it.each([
  [2, []],
  [3, [[1, 2, 3]]],
])('passes the error after %i people to the batch that it belongs to', async (count, before) => {
  async function* failing(): AsyncGenerator<PersonInput> {
    yield* peopleOf(count);
    throw new Error('an invalid line');
  }
  const complete: (number | undefined)[][] = [];
  const failed = batched(failing(), { people: 3, bytes: 1e6 }, complete);
  await expect(failed).rejects.toThrow('an invalid line');
  expect(complete).toEqual(before);
});
