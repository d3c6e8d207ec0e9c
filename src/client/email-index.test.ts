import { EmailIndex } from './email-index.js';

it('finds the ids of an email in ascending order, until each is removed', () => {
  const index = new EmailIndex();
  index.add(7, ['a@b.c']);
  index.add(3, ['a@b.c', 'd@e.f']);
  index.add(5, ['a@b.c', 'a@b.c']);
  expect(index.idsOf('a@b.c')).toEqual([3, 5, 7]);
  expect(index.idsOf('d@e.f')).toEqual([3]);
  index.remove(3, ['a@b.c', 'd@e.f']);
  index.remove(4, ['a@b.c']);
  expect(index.idsOf('a@b.c')).toEqual([5, 7]);
  expect(index.idsOf('d@e.f')).toEqual([]);
  index.remove(5, ['a@b.c']);
  index.remove(7, ['a@b.c']);
  expect(index.idsOf('a@b.c')).toEqual([]);
});

it('keeps one person apart from another with the same email', () => {
  const index = new EmailIndex();
  index.add(1, ['a@b.c']);
  index.remove(2, ['a@b.c']);
  expect(index.idsOf('a@b.c')).toEqual([1]);
});
