import { PersonGuideService, Person, PhoneNumber } from '../../gen/personguide/person_guide.js';
import { refuseInvalidUtf8 } from './utf8.js';
import { encoderOf, Undecodable, wireBytes, wireDefinition } from './wire-definition.js';

const wire = wireDefinition(PersonGuideService);
const phone = PhoneNumber.fromPartial({ number: '1234' });
const bytes = PhoneNumber.encode(phone).finish();

it('keeps everything of the definition but how requests and answers are read and written', () => {
  expect(Object.keys(wire)).toEqual(Object.keys(PersonGuideService));
  const { path, requestStream, responseStream, requestSerialize, responseDeserialize } =
    PersonGuideService.routePhones;
  const kept = { path, requestStream, responseStream, requestSerialize, responseDeserialize };
  expect(wire.routePhones).toMatchObject(kept);
});

it('sends messages encoded, and bytes without a copy', () => {
  const { responseSerialize } = wire.getPhone as unknown as {
    responseSerialize: (answer: PhoneNumber | Uint8Array) => Buffer;
  };
  expect(responseSerialize(phone)).toEqual(Buffer.from(bytes));
  const sent = responseSerialize(bytes);
  expect(Buffer.isBuffer(sent)).toBe(true);
  expect(sent.buffer).toBe(bytes.buffer);
  expect(sent.equals(bytes)).toBe(true);
  const buffer = Buffer.from(bytes);
  expect(responseSerialize(buffer)).toBe(buffer);
});

it('encodes the answers of a method by its name, and leaves those of others alone', () => {
  expect(encoderOf('/personguide.PersonGuide/GetPhone')(phone)).toEqual(Buffer.from(bytes));
  expect(encoderOf('/nobody.Knows/This')(phone)).toBe(phone);
});

it.each([
  ['cut', [0x0a, 0x7f, 0x61], 'it is malformed'],
  ['of a bad wire type', [0x7f], 'it is malformed'],
  ['with text that is no UTF-8', [0x0a, 0x01, 0xff], 'its text is not valid UTF-8'],
])('turns a request that is %s into a refusal instead of a throw', (_, broken, why) => {
  refuseInvalidUtf8();
  for (const { requestDeserialize } of [wire.getPhone, wire.recordPersons, wire.routePhones]) {
    const request: unknown = requestDeserialize(Buffer.from(broken));
    expect(request).toBeInstanceOf(Undecodable);
    const { reason, message } = (request as Undecodable).refusal();
    expect(reason).toBe('invalid');
    expect(message).toBe(`the request message cannot be decoded: ${why}`);
  }
});

it('knows the size of the requests of client-streaming methods, and 0 of others', () => {
  const sent = Buffer.from(Person.encode(Person.fromPartial({ name: 'Juan', id: 1 })).finish());
  const person = wire.recordPersons.requestDeserialize(sent);
  expect(wireBytes(person)).toBe(sent.length);
  expect(Object.keys(person)).toEqual(Object.keys(Person.fromPartial({})));
  expect(Person.encode(person).finish()).toEqual(new Uint8Array(sent));
  expect(wireBytes(wire.routePhones.requestDeserialize(sent))).toBe(0);
});
