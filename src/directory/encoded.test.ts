import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { field1Bytes, joinAsField1, subMessages } from './encoded.js';

const PHONES_FIELD = 4;

it('finds the messages of a field in order, among fields of all other wire types', () => {
  const writer = new BinaryWriter();
  writer.tag(4, WireType.LengthDelimited).bytes(Uint8Array.of(1));
  writer.tag(4, WireType.Varint).uint32(4_000_000_000);
  writer.tag(1, WireType.LengthDelimited).string('a text of more than 127 bytes '.repeat(5));
  writer.tag(2, WireType.Bit64).double(0.1).tag(3, WireType.Bit32).float(0.1);
  writer.tag(3_000, WireType.Varint).int64(-1);
  writer.tag(4, WireType.LengthDelimited).bytes(Uint8Array.of(2, 3));
  writer.tag(4, WireType.LengthDelimited).bytes(new Uint8Array());
  const found = subMessages(writer.finish(), 4);
  expect(found.map((bytes) => [...bytes])).toEqual([[1], [2, 3], []]);
});

it('finds the messages that were joined as a field', () => {
  const people = ['Ann', 'Bob'].map((name) => Person.encode(Person.fromPartial({ name })).finish());
  const book = joinAsField1(people);
  expect(AddressBook.decode(book).people.map(({ name }) => name)).toEqual(['Ann', 'Bob']);
  expect(subMessages(book, 1)).toEqual(people);
});

it('rejects a message that is cut off at any byte within a field', () => {
  const phones = [{ number: '030 123' }, { number: '040 456' }];
  const person = Person.encode(Person.fromPartial({ phones })).finish();
  const whole = [0, person.length / 2, person.length];
  for (let length = 0; length <= person.length; length += 1) {
    const cut = () => subMessages(person.subarray(0, length), PHONES_FIELD).length;
    if (whole.includes(length)) expect(cut()).toBe(whole.indexOf(length));
    else expect(cut).toThrow(RangeError);
  }
});

it('rejects bytes that are not a message', () => {
  expect(() => subMessages(Uint8Array.of(0x0f, 0, 0), 1)).toThrow(RangeError);
});

it.each([0, 1, 127, 128, 16_383, 16_384, 70_000])(
  'knows how many bytes a part of %i bytes takes',
  (length) => {
    const part = new Uint8Array(length);
    expect(field1Bytes(part)).toBe(joinAsField1([part]).length);
  },
);
