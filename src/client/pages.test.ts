import { Person, QueryPersonsResponse } from '../../gen/personguide/person_guide.js';
import { connect, PersonOrder, type Directory, type PersonInput } from '../index.js';
import { all, rejectionOf, thrownBy } from '../test-support/outcome.js';
import { startTestDirectory } from '../testing.js';
import { closeLater, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

/** Zoe, Ada and Ñandu with the label `bird`, Bob without. */
const PEOPLE: readonly PersonInput[] = [
  { id: 1, name: 'Zoe', labels: ['bird'] },
  { id: 2, name: 'ada', labels: ['bird'] },
  { id: 3, name: 'Bob' },
  { id: 4, name: 'Ñandu', labels: ['bird'] },
];
const USERS = ['Ada', 'Bob', 'Eve'].map((firstName) => ({
  firstName,
  verified: firstName !== 'Bob',
}));

async function useDirectory<T>(use: (directory: Directory) => Promise<T>): Promise<T> {
  await using started = await startTestDirectory({ people: PEOPLE, users: USERS });
  return await use(started.directory);
}

const namesOf = async (people: AsyncIterable<Person>): Promise<string[]> =>
  (await all(people)).map(({ name }) => name);

describe('all pages', () => {
  it('of people come in each order, with each filter and any page size', () =>
    useDirectory(async ({ people }) => {
      await people.updatePerson({ person: { id: 2, title: 'Countess' } });
      expect(await namesOf(people.allPages())).toEqual(['Zoe', 'ada', 'Bob', 'Ñandu']);
      const byName = { order: 'name', pageSize: 1 } as const;
      expect(await namesOf(people.allPages(byName))).toEqual(['ada', 'Bob', 'Ñandu', 'Zoe']);
      const latest = { order: 'last-updated', label: 'BIRD', pageSize: 2 } as const;
      expect(await namesOf(people.allPages(latest))).toEqual(['ada', 'Zoe', 'Ñandu']);
      const byNumber = { order: PersonOrder.PERSON_ORDER_NAME, label: 'bird' };
      expect(await namesOf(people.allPages(byNumber))).toEqual(['ada', 'Ñandu', 'Zoe']);
    }));

  it('of a search come with the best match first', () =>
    useDirectory(async ({ people }) => {
      const matches = await all(people.allMatches({ query: 'nandu', pageSize: 1 }));
      expect(matches.map(({ person, field }) => [person?.id, field])).toEqual([[4, 'name']]);
    }));

  it('of users come in ascending order of id', () =>
    useDirectory(async ({ users }) => {
      const names = async (query?: object): Promise<string[]> =>
        (await all(users.allPages(query))).map(({ firstName }) => firstName);
      expect(await names({ pageSize: 1 })).toEqual(['Ada', 'Bob', 'Eve']);
      expect(await names({ verified: true })).toEqual(['Ada', 'Eve']);
      expect(await names({ query: 'bob' })).toEqual(['Bob']);
      expect(await names()).toHaveLength(3);
    }));

  it('are read only as far as the caller reads, also through empty pages', async () => {
    const tokens: string[] = [];
    const { address } = await serve({
      people: {
        queryPersons: (call, callback) => {
          tokens.push(call.request.pageToken);
          const page = tokens.length;
          const people = page === 2 ? [] : [Person.fromPartial({ id: page })];
          callback(null, QueryPersonsResponse.fromPartial({ people, nextPageToken: `p${page}` }));
        },
      },
    });
    const { people } = closeLater(connect(address));
    const ids: number[] = [];
    for await (const { id } of people.allPages()) {
      ids.push(id);
      if (id === 3) break;
    }
    expect(ids).toEqual([1, 3]);
    expect(tokens).toEqual(['', 'p1', 'p2']);
  });

  it('take the options of a call, and reject an invalid query', () =>
    useDirectory(async ({ people }) => {
      const aborted = { signal: AbortSignal.abort() };
      expect(await rejectionOf(all(people.allPages({}, aborted)))).toMatchObject({
        codeName: 'CANCELLED',
      });
      expect(await rejectionOf(all(people.allMatches({ query: ' ' })))).toMatchObject({
        reason: 'INVALID_FIELDS',
      });
      expect(thrownBy(() => people.allPages({ order: 'age' as never }))).toEqual(
        new TypeError('allPages: order must be one of id, name, last-updated'),
      );
    }));
});
