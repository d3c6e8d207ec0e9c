import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { decodeMessage, encodeMessage } from './decode.js';

const nameField = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]);
const nameOf = (bytes: Uint8Array): string =>
  (decodeMessage(Person, nameField(bytes)) as Person).name;

it.each([
  '',
  'Juan',
  'Juán Ñandú',
  '日本語のなまえ',
  '😀 and text that is longer than the short way of the reader',
  '\ufeffwith a mark',
  'a true \ufffd',
  'x'.repeat(120),
])('reads %j as it was written', (name) => {
  expect(nameOf(Buffer.from(name))).toBe(name);
  const encoded = encodeMessage(Person, Person.fromPartial({ name }));
  expect((decodeMessage(Person, encoded) as Person).name).toBe(name);
});

it.each([
  ['a byte that begins nothing', [0xff]],
  ['a lone continuation', [0x61, 0x80]],
  ['a cut sequence', [0xe6, 0x97]],
  ['an overlong sequence', [0xc0, 0x80]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
])('refuses %s', (_, bytes) => {
  const text = 'the request message cannot be decoded: its text is not valid UTF-8';
  const refusal = { reason: 'invalid', code: 'UNDECODABLE_MESSAGE', message: text };
  const long = Buffer.concat([Buffer.from('x'.repeat(90)), Buffer.from(bytes)]);
  for (const name of [Buffer.from(bytes), long]) {
    expect(() => nameOf(name)).toThrow(expect.objectContaining(refusal) as Error);
  }
});

it.each([
  ['is cut off', [0x0a, 0x7f, 0x61]],
  ['has a bad wire type', [0x7f]],
])('refuses a message that %s', (_, bytes) => {
  const text = 'the request message cannot be decoded: it is malformed';
  expect(() => decodeMessage(Person, Buffer.from(bytes))).toThrow(text);
});

it('changes nothing for code of the same process that decodes by itself', () => {
  expect(() => nameOf(Buffer.from([0xff]))).toThrow();
  expect(Person.decode(nameField(Buffer.from([0xff]))).name).toBe('\ufffd');
});

it('encodes a message, and returns bytes as they are', () => {
  const person = Person.fromPartial({ name: 'Juan', id: 1 });
  const bytes = Person.encode(person).finish();
  expect(encodeMessage(Person, person)).toEqual(bytes);
  expect(encodeMessage(Person, bytes)).toBe(bytes);
});

it('stops decoding a message with too many fields, at whatever level they are', () => {
  const emptyPhones = Buffer.alloc(1024 * 1024, Buffer.of((4 << 3) | 2, 0));
  const refusal = {
    code: 'UNDECODABLE_MESSAGE',
    message: 'the request message cannot be decoded: it has more than 300000 fields',
  };
  const book = AddressBook.encode({ people: [], truncated: false }).finish();
  expect(decodeMessage(AddressBook, book)).toMatchObject({ people: [] });
  const length = Buffer.from(
    new BinaryWriter()
      .uint32((1 << 3) | 2)
      .bytes(emptyPhones)
      .finish(),
  );
  for (const [type, bytes] of [
    [Person, emptyPhones],
    [AddressBook, length],
  ] as const) {
    expect(() => decodeMessage(type, bytes)).toThrow(expect.objectContaining(refusal) as Error);
  }
});

it('builds nothing of a message with too many fields at its outermost level', () => {
  const decode = jest.fn();
  const type = { ...Person, decode };
  const emptyPhones = Buffer.alloc(1024 * 1024, Buffer.of((4 << 3) | 2, 0));
  expect(() => decodeMessage(type, emptyPhones)).toThrow('more than 300000 fields');
  expect(decode).not.toHaveBeenCalled();
});

it('decodes a mebibyte of people', () => {
  const people = Array.from({ length: 15_000 }, (_, id) => ({
    id: id + 1,
    name: `Person ${id}`,
    email: `person${id}@example.com`,
    phones: [{ number: '1234567', type: 1 }],
    adresses: [{ name: `street ${id}` }],
  }));
  const bytes = AddressBook.encode(AddressBook.fromPartial({ people })).finish();
  expect(bytes.length).toBeGreaterThan(1024 * 1024);
  expect((decodeMessage(AddressBook, bytes) as AddressBook).people).toHaveLength(15_000);
});
