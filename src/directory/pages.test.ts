import { Adress, Person } from '../../gen/personguide/person_guide.js';
import { openStore } from '../store/open.js';
import { PageLength } from './pages.js';
import { listPeople } from './people.js';

it('reads as many messages as fit into the bytes of a page, by the size of the last ones', () => {
  let pageBytes = 64 * 1024;
  const length = new PageLength(1000, () => pageBytes);
  expect(length.next()).toBe(512);
  length.learn([new Uint8Array(3000), new Uint8Array(1096)]);
  expect(length.next()).toBe(32);
  // An empty page says nothing of their size.
  length.learn([]);
  expect(length.next()).toBe(32);
  pageBytes = 8 * 1024;
  expect(length.next()).toBe(4);
  length.learn([new Uint8Array(1_000_000)]);
  expect(length.next()).toBe(1);
});

it('reads no more messages than a page may have', () => {
  const length = new PageLength(1000, () => 192 * 1024);
  expect(length.next()).toBe(1000);
  length.learn([new Uint8Array()]);
  expect(length.next()).toBe(1000);
});

it('lists people in pages of as many bytes as there is room for', async () => {
  const store = await openStore(':memory:');
  const named = (index: number): Person => Person.fromPartial({ name: `Person ${index}` });
  await store.recordPeople(Array.from({ length: 1500 }, (_, index) => named(index)));
  const lengthsOf = async (pageBytes: number): Promise<number[]> => {
    const pages = listPeople(store, Adress.create(), { pageBytes: () => pageBytes });
    const lengths: number[] = [];
    for await (const page of pages) lengths.push(page.length);
    return lengths;
  };
  expect(await lengthsOf(192 * 1024)).toEqual([1000, 500]);
  const [first = 0, second = 0, ...others] = await lengthsOf(8 * 1024);
  expect(first).toBe(64);
  // They are smaller than they were taken to be.
  expect(second).toBeGreaterThan(first);
  expect([first, second, ...others].reduce((sum, length) => sum + length)).toBe(1500);
  await store.close();
});
