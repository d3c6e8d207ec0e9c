import { ALL_IDS, countOf, isFree, MAX_ID, withoutIds } from './free-ids.js';

it('are those above each id that is used', () => {
  expect(withoutIds(ALL_IDS, [1, 2, 50, 7])).toEqual({ first: 51, end: MAX_ID + 1 });
  expect(withoutIds(ALL_IDS, [2 ** 30])).toEqual({ first: 2 ** 30 + 1, end: MAX_ID + 1 });
});

it('are those below an id that would use up more than half of them', () => {
  expect(withoutIds(ALL_IDS, [MAX_ID])).toEqual({ first: 1, end: MAX_ID });
  expect(withoutIds(ALL_IDS, [2 ** 30 + 1])).toEqual({ first: 1, end: 2 ** 30 + 1 });
  expect(withoutIds({ first: 10, end: 20 }, [17, 18, 12])).toEqual({ first: 13, end: 17 });
});

it('end', () => {
  const last = { first: MAX_ID, end: MAX_ID + 1 };
  expect([countOf(last), isFree(last, MAX_ID)]).toEqual([1, true]);
  const none = withoutIds(last, [MAX_ID]);
  expect([countOf(none), isFree(none, MAX_ID)]).toEqual([0, false]);
  // A store of a version that had used them up.
  expect(countOf({ first: MAX_ID + 1, end: MAX_ID + 1 })).toBe(0);
});
