import { PersonOrder, type QueryPersonsRequest } from '../../gen/personguide/person_guide.js';
import type { PartialMessage, Person } from '../index.js';
import { failure } from '../test-support/outcome.js';
import { newPerson, peopleCalls, unique, type Connected } from './connected.js';

type Request = PartialMessage<QueryPersonsRequest>;

const ORDERS = [
  ['by id', PersonOrder.PERSON_ORDER_ID],
  ['by name', PersonOrder.PERSON_ORDER_NAME],
  ['by the latest change', PersonOrder.PERSON_ORDER_LAST_UPDATED],
] as const;

/** What QueryPersons promises. */
export function queryPersonsCases(connected: () => Connected): void {
  const people = () => peopleCalls(connected());

  async function record(...list: PartialMessage<Person>[]): Promise<Person[]> {
    return (await people().recordPersons(list.map((fields) => newPerson(fields)))).people;
  }

  /** All pages of a query. */
  async function pagesOf(request: Request): Promise<Person[][]> {
    const pages: Person[][] = [];
    let pageToken = '';
    do {
      const page = await people().queryPersons({ ...request, pageToken });
      pages.push(page.people);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return pages;
  }

  const query = async (request: Request) => (await pagesOf(request)).flat();
  const idsOf = (list: readonly Person[]) => list.map(({ id }) => id);

  it('returns people as stored, by default by id', async () => {
    const label = unique('label');
    const recorded = await record({ labels: [label] }, {}, { labels: [label], note: 'x' });
    expect(await query({ label })).toEqual([recorded[0], recorded[2]]);
  });

  it('filters by address and by label, without regard to case and spaces around', async () => {
    const [name, label] = [unique('Straße'), unique('Ärzte')];
    const adresses = [{ name }];
    const [both, here, labelled] = await record(
      { adresses, labels: [unique('x'), label] },
      { adresses },
      { labels: [label] },
    );
    const [address, asked] = [` ${name.toUpperCase()}`, ` ${label.toUpperCase()} `];
    for (const order of ORDERS.map(([, value]) => value)) {
      const ids = async (request: Request) =>
        idsOf(await query({ ...request, order })).sort((a, b) => a - b);
      expect(await ids({ address })).toEqual([both?.id, here?.id]);
      expect(await ids({ label: asked })).toEqual([both?.id, labelled?.id]);
      expect(await ids({ address, label: asked })).toEqual([both?.id]);
      expect(await ids({ address, label: unique('no') })).toEqual([]);
    }
  });

  it('orders by name without regard to case and diacritics, then by id', async () => {
    const label = unique('label');
    const names = ['Zoe', 'ábel', 'Abel 2', 'Ábel', 'øre', 'Zoe', 'zoe', 'Bob'];
    const recorded = await record(...names.map((name) => ({ name, labels: [label] })));
    const order = PersonOrder.PERSON_ORDER_NAME;
    const expected = [1, 3, 2, 7, 4, 0, 5, 6].map((place) => recorded[place]?.id);
    expect(idsOf(await query({ label, order }))).toEqual(expected);
    expect(idsOf(await query({ label, order, pageSize: 2 }))).toEqual(expected);
  });

  it('orders by the latest change, people of one change by id', async () => {
    const label = unique('label');
    const fields = { labels: [label] };
    const [ann, bea] = await record(fields, fields);
    const [cid] = await record(fields);
    await people().updatePerson({ person: { id: ann?.id, title: 'x' } });
    const order = PersonOrder.PERSON_ORDER_LAST_UPDATED;
    expect(idsOf(await query({ label, order }))).toEqual([ann?.id, cid?.id, bea?.id]);
    await people().updatePerson({ person: { id: ann?.id, title: 'x' } });
    await record({ ...fields, id: cid?.id }, { ...fields, id: bea?.id });
    expect(idsOf(await query({ label, order }))).toEqual([bea?.id, cid?.id, ann?.id]);
  });

  it.each(ORDERS)('neither repeats nor skips people in pages %s', async (_, order) => {
    const [label, name] = [unique('label'), unique('street')];
    const recorded = await record(
      ...Array.from({ length: 25 }, (__, index) => ({
        name: `Ann ${index % 7}`,
        labels: [label],
        adresses: [{ name }],
      })),
    );
    const all = idsOf(await query({ label, order, pageSize: 1000 }));
    expect(all.toSorted((a, b) => a - b)).toEqual(idsOf(recorded));
    for (const filter of [{ label }, { address: name }]) {
      for (const pageSize of [1, 7, 25]) {
        const pages = await pagesOf({ ...filter, order, pageSize });
        expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(pageSize);
        expect(idsOf(pages.flat())).toEqual(all);
      }
    }
  });

  it('lists the whole directory in every order, each person once', async () => {
    const mine = idsOf(await record({}, {}, {}));
    for (const order of ORDERS.map(([, value]) => value)) {
      const ids = idsOf(await query({ order, pageSize: 1000 }));
      expect(ids).toEqual(expect.arrayContaining(mine));
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('gives each person once who is there all the time, while people come and go', async () => {
    const label = unique('label');
    const fields = { labels: [label] };
    const recorded = idsOf(await record(...Array.from({ length: 10 }, () => fields)));
    const seen: number[] = [];
    let pageToken = '';
    do {
      const page = await people().queryPersons({ label, pageSize: 3, pageToken });
      seen.push(...idsOf(page.people));
      pageToken = page.nextPageToken;
      await record(fields);
      await people().deletePerson({ id: recorded[9], allowMissing: true });
    } while (pageToken !== '' && seen.length < 100);
    expect(seen.slice(0, 9)).toEqual(recorded.slice(0, 9));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('takes 100 people to a page by default, and 1,000 at most', async () => {
    const label = unique('label');
    await record(...Array.from({ length: 1005 }, () => ({ labels: [label] })));
    const sizes = async (pageSize: number) =>
      (await pagesOf({ label, pageSize })).map(({ length }) => length);
    expect((await sizes(0)).slice(0, 3)).toEqual([100, 100, 100]);
    expect(await sizes(1000)).toEqual([1000, 5]);
    expect(await sizes(2_000_000_000)).toEqual([1000, 5]);
  });

  it('never exceeds 3 MiB', async () => {
    const label = unique('label');
    const fields = { labels: [label], note: '🧑'.repeat(10_000) };
    const recorded = [];
    for (let calls = 0; calls < 10; calls += 1) {
      recorded.push(...(await record(...Array.from({ length: 12 }, () => fields))));
    }
    const pages = await pagesOf({ label, pageSize: 1000 });
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThan(80);
    expect(pages.length).toBeLessThan(10);
    expect(idsOf(pages.flat())).toEqual(idsOf(recorded));
  });

  it('counts everyone if there is no filter', async () => {
    const total = async (request: Request = {}) =>
      (await people().queryPersons({ pageSize: 1, ...request })).totalSize;
    /** Others may write meanwhile: then the count is between the totals before and after. */
    const expectExact = async () => {
      const before = await total({ order: PersonOrder.PERSON_ORDER_NAME });
      const count = (await query({ pageSize: 1000 })).length;
      const after = await total();
      expect(count).toBeGreaterThanOrEqual(Math.min(before, after));
      expect(count).toBeLessThanOrEqual(Math.max(before, after));
    };
    const [ann] = await record({}, {});
    await expectExact();
    await people().deletePerson({ id: ann?.id });
    await expectExact();
    await people().undeletePerson({ id: ann?.id });
    await expectExact();
    expect(await total({ label: unique('label') })).toBe(0);
    expect(await total({ showDeleted: true })).toBe(0);
  });

  it('shows deleted people only if the request says so, in every order', async () => {
    const label = unique('label');
    const [ann, bea, cid] = await record(
      ...['Ann', 'Bea', 'Cid'].map((name) => ({ name, labels: [label] })),
    );
    const { person: deleted } = await people().deletePerson({ id: bea?.id });
    expect(await query({ label })).toEqual([ann, cid]);
    for (const pageSize of [1, 100]) {
      const shown = (order: PersonOrder) => query({ label, showDeleted: true, order, pageSize });
      expect(await shown(PersonOrder.PERSON_ORDER_ID)).toEqual([ann, deleted, cid]);
      expect(await shown(PersonOrder.PERSON_ORDER_NAME)).toEqual([ann, deleted, cid]);
      expect(await shown(PersonOrder.PERSON_ORDER_LAST_UPDATED)).toEqual([deleted, ann, cid]);
    }
  });

  it('takes a page token for the same query only', async () => {
    const label = unique('label');
    await record({ labels: [label] }, { labels: [label] });
    const order = PersonOrder.PERSON_ORDER_ID;
    const first = { label, order, pageSize: 1 };
    const { nextPageToken: pageToken } = await people().queryPersons(first);
    expect((await people().queryPersons({ ...first, pageSize: 5, pageToken })).people).toHaveLength(
      1,
    );
    const others: Request[] = [
      { label: unique('other') },
      { label: '' },
      { address: 'x' },
      { showDeleted: true },
      { order: PersonOrder.PERSON_ORDER_NAME },
      { pageToken: `${pageToken}x` },
      { pageToken: pageToken.slice(1) },
      { pageToken: 'x' },
    ];
    for (const other of others) {
      const error = await failure(people().queryPersons({ ...first, pageToken, ...other }));
      expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['page_token'] });
    }
  });

  it.each([
    ['a negative page size', { pageSize: -1 }, 'page_size'],
    ['an unknown order', { order: PersonOrder.UNRECOGNIZED }, 'order'],
    ['an address that is too long', { address: 'x'.repeat(201) }, 'address'],
    ['a label with a control character', { label: 'a\u0007' }, 'label'],
  ])('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
    const error = await failure(people().queryPersons(request));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
  });
}
