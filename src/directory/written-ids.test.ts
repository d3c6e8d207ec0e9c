import { UserRequest } from '../../gen/grpcUser/user.js';
import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { idOfPerson, idOfUser, idsOfBook, WrittenIds } from './written-ids.js';

function textOf(...ids: number[][]): string {
  const written = new WrittenIds();
  for (const each of ids) written.add(each);
  return written.toString();
}

it('joins ids that follow each other', () => {
  expect(textOf([1, 2, 3, 7], [8, 9, 5])).toBe('1-3,7-9,5');
  expect(textOf([17])).toBe('17');
  expect(textOf()).toBe('');
});

it('ends where a log line would become too long', () => {
  const odd = Array.from({ length: 600 }, (_, index) => 2 * index + 1);
  const text = textOf(odd);
  expect(text.split(',')).toHaveLength(500);
  expect(text).toMatch(/,999\.\.\.$/);
});

it('finds the ids of stored messages, wherever they are', () => {
  const person = Person.encode(Person.fromPartial({ id: 300, name: 'Ann' })).finish();
  const late = Buffer.concat([Person.encode(Person.fromPartial({ note: 'x' })).finish(), person]);
  expect([person, late, new Uint8Array()].map(idOfPerson)).toEqual([300, 300, 0]);
  expect(
    idOfUser(UserRequest.encode(UserRequest.fromPartial({ id: 4, email: 'a@b' })).finish()),
  ).toBe(4);
});

it('finds the ids of an address book, also of one that is cut', () => {
  const people = [7, 300, 2 ** 31 - 1].map((id) =>
    Person.fromPartial({ id, name: 'Ann'.repeat(100), phones: [{ number: '1' }] }),
  );
  expect(idsOfBook(AddressBook.encode({ people, truncated: true }).finish())).toEqual([
    7,
    300,
    2 ** 31 - 1,
  ]);
});
