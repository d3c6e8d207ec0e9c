import { Person } from '../../gen/personguide/person_guide.js';
import { InvalidUtf8, refuseInvalidUtf8 } from './utf8.js';

beforeAll(refuseInvalidUtf8);

const nameOf = (bytes: Uint8Array): string =>
  Person.decode(Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes])).name;

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
  expect(Person.decode(Person.encode(Person.fromPartial({ name })).finish()).name).toBe(name);
});

it.each([
  ['a byte that begins nothing', [0xff]],
  ['a lone continuation', [0x61, 0x80]],
  ['a cut sequence', [0xe6, 0x97]],
  ['an overlong sequence', [0xc0, 0x80]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
])('refuses %s', (_, bytes) => {
  expect(() => nameOf(Buffer.from(bytes))).toThrow(InvalidUtf8);
  expect(() => nameOf(Buffer.concat([Buffer.from('x'.repeat(90)), Buffer.from(bytes)]))).toThrow(
    InvalidUtf8,
  );
});
