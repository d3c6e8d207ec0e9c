import { ErrorInfo, RetryInfo } from '../../gen/google/rpc/error_details.js';
import { FindUserRequest, UserServiceDefinition } from '../../gen/grpcUser/user.js';
import {
  BatchGetPersonsRequest,
  GetPersonRequest,
  Person,
  PersonGuideDefinition,
  PhoneType,
  UpdatePersonRequest,
} from '../../gen/personguide/person_guide.js';
import { Rectangle, RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { connect } from '../index.js';
import { rejectionOf, thrownBy } from '../test-support/outcome.js';
import { toMethod } from './method.js';
import { closeLater, serve, stopAll } from './servers.test.support.js';
import { encodeUntyped } from './untyped-request.js';

afterEach(stopAll);

const people = PersonGuideDefinition.methods;
const getPhone = toMethod('personguide.PersonGuide', people.getPhone);
const recordPersons = toMethod('personguide.PersonGuide', people.recordPersons);
const findUser = toMethod('grpcUser.UserService', UserServiceDefinition.methods.findUser);
const listFeatures = toMethod('routeguide.RouteGuide', RouteGuideDefinition.methods.listFeatures);
const routeChat = toMethod('routeguide.RouteGuide', RouteGuideDefinition.methods.routeChat);

const messageOf = (work: () => unknown): string => (thrownBy(work) as Error).message;

describe('an untyped request', () => {
  it('may have names of enum values and ISO times, also deep inside', () => {
    const phones = [{ number: '1', type: 'HOME' }, { number: '2' }, { number: '3', type: 2 }];
    const request = { id: 1, phones, lastUpdated: '2026-11-21T10:00:00+01:00' };
    expect(Person.decode(getPhone.encode(request))).toEqual(
      Person.fromPartial({
        id: 1,
        phones: [
          { number: '1', type: PhoneType.HOME },
          { number: '2' },
          { number: '3', type: PhoneType.WORK },
        ],
        lastUpdated: new Date('2026-11-21T09:00:00Z'),
      }),
    );
  });

  it.each([{ id: 3 }, { key: { $case: 'id', value: 3 } }])(
    'may name a case of a oneof: %j',
    (key) => {
      const { key: sent } = FindUserRequest.decode(findUser.encode(key));
      expect(sent).toEqual({ $case: 'id', value: 3 });
    },
  );

  it('may name the fields of a mask as TypeScript and as the proto do', () => {
    const update = toMethod('personguide.PersonGuide', people.updatePerson);
    const request = { person: { id: 1 }, updateMask: ['externalId', 'vcard_extra', '*'] };
    const { updateMask } = UpdatePersonRequest.decode(update.encode(request));
    expect(updateMask).toEqual(['external_id', 'vcard_extra', '*']);
    expect(messageOf(() => update.encode({ updateMask: 'email' }))).toBe(
      'UpdatePerson: update_mask must be an array of field names, not "email"',
    );
    expect(messageOf(() => update.encode({ updateMask: [1] }))).toContain('not [1]');
  });

  it('may name the case of a oneof in a field and in an array of fields', () => {
    const get = toMethod('personguide.PersonGuide', people.getPerson);
    const request = { key: { externalId: 'crm-1' }, showDeleted: true };
    expect(GetPersonRequest.decode(get.encode(request))).toEqual({
      key: { key: { $case: 'externalId', value: 'crm-1' } },
      showDeleted: true,
    });
    const getAll = toMethod('personguide.PersonGuide', people.batchGetPersons);
    const keys = [{ id: 1 }, { phone: '+54 11' }, { key: { $case: 'email', value: 'a@b.c' } }];
    expect(BatchGetPersonsRequest.decode(getAll.encode({ keys })).keys).toEqual([
      { key: { $case: 'id', value: 1 } },
      { key: { $case: 'phone', value: '+54 11' } },
      { key: { $case: 'email', value: 'a@b.c' } },
    ]);
    expect(messageOf(() => getAll.encode({ keys: [{ id: 1 }, { mail: 'x' }] }))).toBe(
      'BatchGetPersons: keys[1].mail is not a known field',
    );
  });

  it('has the default where a field is null or undefined, also an unknown one', () => {
    const request = { name: null, phones: undefined, nickname: undefined, id: 1 };
    expect(Person.decode(getPhone.encode(request))).toEqual(Person.fromPartial({ id: 1 }));
    expect(getPhone.encode(undefined)).toHaveLength(0);
  });

  it('may have maps', () => {
    const info = { reason: 'R', metadata: { any: 'value' } };
    const encode = (request: object): Uint8Array => encodeUntyped(ErrorInfo, request, '');
    expect(encode(info)).toEqual(ErrorInfo.encode(ErrorInfo.fromPartial(info)).finish());
    expect(messageOf(() => encode({ ...info, raison: 'x' }))).toContain('raison is not a known');
  });

  it('may have 64-bit numbers in each of their types', () => {
    const encode = (seconds: unknown): Uint8Array =>
      encodeUntyped(RetryInfo, { retryDelay: { seconds } }, '');
    expect(encode('5')).toEqual(encode(5));
  });
});

describe('a request that cannot be encoded', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { nmae: 'x' }, 'nmae is not a known field; did you mean name?'],
    ['an unknown field without a likely meaning', { zip: 1 }, 'zip is not a known field'],
    [
      'the spelling of the proto',
      { last_updated: 1 },
      'last_updated is not a known field; did you mean lastUpdated?',
    ],
    [
      'addresses',
      { id: 1, addresses: [] },
      'addresses is not a known field; did you mean adresses?',
    ],
    [
      'an unknown field of a field',
      { phones: [{}, { kind: 1 }] },
      'phones[1].kind is not a known field',
    ],
    [
      'an invalid time',
      { lastUpdated: 'yesterday' },
      'last_updated must be a Date or an ISO 8601 time, not "yesterday"',
    ],
    ['an invalid Date', { lastUpdated: new Date(NaN) }, 'last_updated must be a valid Date'],
    [
      'a number as time',
      { lastUpdated: 5 },
      'last_updated must be a Date or an ISO 8601 time, not 5',
    ],
    [
      'an object as time',
      { lastUpdated: {} },
      'last_updated must be a Date or an ISO 8601 time, not {}',
    ],
    ['a fraction', { id: 1.5 }, 'id cannot be encoded: invalid int32: 1.5'],
    ['a number as text', { name: 5 }, 'name must be a string, not 5'],
    [
      'a number as text in a field',
      { phones: [{ number: 5 }] },
      'phones[0].number must be a string, not 5',
    ],
    ['a boolean as number', { id: true }, 'id cannot be encoded: invalid int32: boolean'],
    ['a text as number', { id: 'x' }, 'id must be a number, not "x"'],
    [
      'an unknown enum name',
      { phones: [{ type: 'FAX' }] },
      'phones[0].type is not a value of its enum: "FAX"',
    ],
    ['a text as array', { phones: '555' }, 'phones must be an array, not "555"'],
    [
      'an object as array',
      { phones: { number: '5' } },
      'phones must be an array, not {"number":"5"}',
    ],
    ['a text as message', { phones: ['555'] }, 'phones[0] must be an object, not "555"'],
  ])('is refused with the path of %s', (_, request, text) => {
    const error = thrownBy(() => getPhone.encode(request));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(`GetPhone: ${text}`);
  });

  it('is refused with its place in a stream, as the server names it', () => {
    expect(messageOf(() => recordPersons.encode({ lastUpdated: 'x' }, 3))).toContain(
      'RecordPersons: people[3].last_updated must be a Date',
    );
    expect(messageOf(() => routeChat.encode({ massage: 'x' }, 2))).toBe(
      'RouteChat: requests[2].massage is not a known field; did you mean message?',
    );
  });

  it.each<[string, unknown, string]>([
    ['a nested message', { lo: { latitude: 'x' } }, 'lo.latitude must be a number, not "x"'],
    ['a missing nested message', { lo: 5 }, 'lo must be an object, not 5'],
    ['a text', 'abc', 'the request must be an object, not "abc"'],
    ['an array', [1], 'the request must be an object, not [1]'],
  ])('is refused with the path of %s', (_, request, text) => {
    expect(messageOf(() => listFeatures.encode(request))).toBe(`ListFeatures: ${text}`);
    expect(Rectangle.decode(listFeatures.encode({ lo: { latitude: 1 } })).lo?.latitude).toBe(1);
  });

  it.each<[string, object, string]>([
    ['an unknown case', { key: { $case: 'phone', value: '1' } }, 'key has no case "phone"'],
    ['a oneof without a case', { key: 5 }, 'key must be an object with $case and value, not 5'],
    ['an invalid case', { key: { $case: 'id', value: 'x' } }, 'id must be a number, not "x"'],
    ['an invalid case by its name', { id: 'x' }, 'id must be a number, not "x"'],
    ['a name that is not a case', { mail: 'x' }, 'mail is not a known field'],
  ])('is refused for %s', (_, request, text) => {
    expect(messageOf(() => findUser.encode(request))).toBe(`FindUser: ${text}`);
  });

  it('is refused for a text where a boolean belongs', () => {
    const addUser = toMethod('grpcUser.UserService', UserServiceDefinition.methods.addUser);
    const text = 'AddUser: verified must be true or false, not "false"';
    expect(messageOf(() => addUser.encode({ verified: 'false' }))).toBe(text);
  });

  it('cancels a stream and names the message in its error', async () => {
    const { address } = await serve({ people: { recordPersons: (call) => call.resume() } });
    const directory = closeLater(connect(address));
    const request = [{ name: 'Ann' }, { name: 'Bob', addresses: [] }] as { name: string }[];
    const error = await rejectionOf(directory.people.recordPersons(request));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe(
      'RecordPersons: people[1].addresses is not a known field; did you mean adresses?',
    );
    expect((error as Error).stack).toContain(__filename);
  });
});
