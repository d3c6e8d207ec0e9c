import { status } from '@grpc/grpc-js';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import Long from 'long';
import { Timestamp } from '../../gen/google/protobuf/timestamp.js';
import { AddressBook, Person } from '../../gen/personguide/person_guide.js';
import { all } from '../test-support/outcome.js';
import { unique, type Connected } from './connected.js';
import { bytesField, detailsOf, rawCall, type RawOptions } from '../test-support/raw-call.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const LIST_PERSONS = '/personguide.PersonGuide/ListPersons';
const RECORD_PERSONS = '/personguide.PersonGuide/RecordPersons';
const ROUTE_PHONES = '/personguide.PersonGuide/RoutePhones';

const MIB = 1024 * 1024;

/** The tag of a field of a later contract, whose content has a length. */
const LATER_FIELD = (1000 << 3) | 2;

const invalidUtf8: readonly [string, number[]][] = [
  ['a byte that cannot be', [0x41, 0xff]],
  ['a sequence that breaks off', [0x41, 0xe2, 0x82]],
  ['an overlong sequence', [0xc0, 0xaf]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
];

/** A person with the given bytes for a name. */
const named = (name: Uint8Array) => bytesField(1, name);

/** What holds for bytes that no generated client would send, and for what a client reads. */
export function wireCases(connected: () => Connected): void {
  const call = (path: string, requests: readonly Uint8Array[], options?: RawOptions) =>
    rawCall(connected().address, path, requests, options);
  const at = async (name: string) => all(connected().client.people.listPersons({ name }));

  describe.each(invalidUtf8)('text that is not UTF-8: %s', (_, bytes) => {
    it.each([
      ['GetPhone', GET_PHONE, bytesField(3, Buffer.from(bytes))],
      ['ListPersons', LIST_PERSONS, named(Buffer.from(bytes))],
      ['RecordPersons', RECORD_PERSONS, named(Buffer.from(bytes))],
      ['RoutePhones', ROUTE_PHONES, named(Buffer.from(bytes))],
    ])('is refused by %s with INVALID_ARGUMENT', async (_name, path, request) => {
      const end = await call(path, [request]);
      expect(end.code).toBe(status.INVALID_ARGUMENT);
      expect(detailsOf(end).reason).toBe('UNDECODABLE_MESSAGE');
    });
  });

  it('records no person of a call in which some text is not UTF-8', async () => {
    const name = unique('street');
    const ann = Person.encode(Person.fromPartial({ name: 'Ann', adresses: [{ name }] })).finish();
    const end = await call(RECORD_PERSONS, [ann, named(Buffer.from([0xff])), ann]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(await at(name)).toEqual([]);
  });

  it.each([
    ['a message that breaks off', [0x0a, 0x05, 0x41]],
    ['a group that never ends', [0x0b]],
    ['a tag without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('refuses bytes that are not a message with INVALID_ARGUMENT: %s', async (_, bytes) => {
    for (const path of [GET_PHONE, RECORD_PERSONS, ROUTE_PHONES]) {
      expect((await call(path, [Buffer.from(bytes)])).code).toBe(status.INVALID_ARGUMENT);
    }
  });

  it.each([
    ['too late', '253402300800', 0],
    ['too early', '-62135596801', 0],
    ['far beyond what a date holds', '9223372036854775807', 999_999_999],
  ])('refuses a timestamp that is %s', async (_, seconds, nanos) => {
    const timestamp = Timestamp.encode({ seconds: Long.fromString(seconds), nanos }).finish();
    const end = await call(RECORD_PERSONS, [
      Buffer.concat([named(Buffer.from('Ann')), bytesField(5, timestamp)]),
    ]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(end).violations).toMatchObject([{ field: 'people[0].last_updated' }]);
  });

  it('refuses an enum value of a later contract', async () => {
    const phone = Buffer.concat([bytesField(1, Buffer.from('1')), Buffer.from([2 << 3, 99])]);
    const end = await call(RECORD_PERSONS, [
      Buffer.concat([named(Buffer.from('Ann')), bytesField(4, phone)]),
    ]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(end).violations).toMatchObject([{ field: 'people[0].phones[0].type' }]);
  });

  it('passes over fields of a later contract', async () => {
    const later = new BinaryWriter().uint32(LATER_FIELD).string('later').finish();
    const end = await call(RECORD_PERSONS, [Buffer.concat([named(Buffer.from('Ann')), later])]);
    expect(end.code).toBe(status.OK);
  });

  it('describes an error with google.rpc.Status, besides the plain status', async () => {
    const end = await call(RECORD_PERSONS, [Buffer.alloc(0)]);
    expect(end).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(detailsOf(end)).toEqual({
      code: end.code,
      message: end.details,
      reason: 'INVALID_FIELDS',
      domain: 'personguide',
      violations: [{ field: 'people[0].name', description: 'must not be empty' }],
    });
  });

  it('describes every violation that a trailer has room for, however many there are', async () => {
    const phones = Array.from({ length: 50 }, () => ({ number: '?'.repeat(33), type: 99 }));
    const adresses = Array.from({ length: 20 }, () => ({ name: '' }));
    const bad = Person.fromPartial({ id: -1, email: '@'.repeat(300), phones, adresses });
    const end = await call(RECORD_PERSONS, [Person.encode(bad).finish()]);
    expect(end.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(end).violations.length).toBeGreaterThanOrEqual(10);
  });

  it('gives each call a request id, and takes over the one that the client sends', async () => {
    const given = await call(GET_PHONE, [Buffer.alloc(0)]);
    expect(given.metadata.get('x-request-id')).toEqual([expect.stringMatching(/^[\w.-]{1,64}$/)]);
    const metadata = { 'x-request-id': 'my-id.1' };
    const taken = await call(GET_PHONE, [Buffer.alloc(0)], { metadata });
    expect(taken.metadata.get('x-request-id')).toEqual(['my-id.1']);
  });

  it('takes 16 MiB in one call, and not a byte more', async () => {
    const name = unique('street');
    const full = Array.from({ length: 16 }, () => personOfBytes(MIB, name));
    const end = await call(RECORD_PERSONS, [...full.slice(1), personOfBytes(MIB + 1, name)]);
    expect(end.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(end).reason).toBe('RECORDING_TOO_LARGE');
    expect(await at(name)).toEqual([]);
    expect((await call(RECORD_PERSONS, full)).code).toBe(status.OK);
    expect(await at(name)).toHaveLength(16);
  });

  it('refuses a message above 4 MiB with RESOURCE_EXHAUSTED', async () => {
    const end = await call(RECORD_PERSONS, [Buffer.alloc(4 * MIB + 1)]);
    expect(end.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('does not know other methods and services', async () => {
    for (const path of ['/personguide.PersonGuide/MergePersons', '/unknown.Service/Call']) {
      expect((await call(path, [Buffer.alloc(0)])).code).toBe(status.UNIMPLEMENTED);
    }
  });

  it('answers with field numbers that the tutorials know', async () => {
    const end = await call(RECORD_PERSONS, [named(Buffer.from('Ann'))]);
    const [answer = Buffer.alloc(0)] = end.answers;
    expect(answer[0]).toBe(0x0a);
    expect(AddressBook.decode(answer).people).toMatchObject([{ name: 'Ann' }]);
  });
}

/** A person at that address whose message has exactly so many bytes, by a field of a later contract. */
function personOfBytes(total: number, street: string): Uint8Array {
  const person = Person.fromPartial({ name: 'Ann', adresses: [{ name: street }] });
  const known = Person.encode(person).finish();
  const length = Buffer.from(new BinaryWriter().uint32(LATER_FIELD).uint32(total).finish());
  const padding = Buffer.alloc(total - known.length - length.length);
  const header = new BinaryWriter().uint32(LATER_FIELD).uint32(padding.length).finish();
  return Buffer.concat([known, header, padding]);
}
