// A server on connect-node (gRPC over HTTP/2) with messages of protobuf-es and Maps.
// The schema is built at start from a descriptor set, with which protobuf-es works in the same
// way as with the descriptor that its generated code embeds.
// Run as `node connect-node.js PORT DESCRIPTOR_SET`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { create, createFileRegistry, fromBinary, type Message } from '@bufbuild/protobuf';
import type { DescMessage, DescService } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, timestampNow, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { createMapDirectory } from './map-directory.js';

type Adress = Message & { name: string };
type PhoneNumber = Message & { number: string };
type Person = Message & {
  id: number;
  email: string;
  phones: PhoneNumber[];
  adresses: Adress[];
  lastUpdated?: Timestamp;
};
type User = Message & { id: number; email: string };
type FindUserRequest = Message & {
  key:
    | { case: 'id'; value: number }
    | { case: 'email'; value: string }
    | { case: undefined; value?: undefined };
};

const descriptorSet = readFileSync(process.argv[3] ?? 'descriptors.binpb');
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
const directory = createMapDirectory<Person, User>();

function service(name: string): DescService {
  return orNotFound(registry.getService(name));
}

function message(name: string): DescMessage {
  return orNotFound(registry.getMessage(name));
}

function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw new ConnectError('no such person or user', Code.NotFound);
  return found;
}

const PhoneNumberSchema = message('personguide.PhoneNumber');
const AddressBookSchema = message('personguide.AddressBook');
const ResponseSchema = message('grpcUser.Response');

const personGuide = {
  getPhone(request: Person): Message {
    return orNotFound(directory.findPerson(request)).phones[0] ?? create(PhoneNumberSchema);
  },
  async *listPersons({ name }: Adress): AsyncIterable<Person> {
    for (const person of directory.people.values()) {
      if (name === '' || person.adresses.some((adress) => adress.name === name)) yield person;
    }
  },
  async recordPersons(request: AsyncIterable<Person>): Promise<Message> {
    const people: Person[] = [];
    for await (const person of request) people.push(person);
    const lastUpdated = timestampNow();
    for (const person of people) {
      person.lastUpdated = lastUpdated;
      directory.record(person);
    }
    return create(AddressBookSchema, { people });
  },
  async *routePhones(request: AsyncIterable<Person>): AsyncIterable<PhoneNumber> {
    for await (const person of request) yield* (directory.findPerson(person) ?? person).phones;
  },
};

const userService = {
  addUser(user: User): Message {
    if (!directory.add(user)) throw new ConnectError('the email is taken', Code.AlreadyExists);
    return create(ResponseSchema, { code: 200, message: 'user saved successfully', user });
  },
  findUser({ key }: FindUserRequest): User {
    return orNotFound(
      key.case === 'email'
        ? directory.findUserByEmail(key.value)
        : directory.findUserById(key.value ?? 0),
    );
  },
};

// Without generated code the compiler does not know the schema; the handlers name their own types.
type Methods = Partial<ServiceImpl<DescService>>;

const routes = (router: ConnectRouter): void => {
  router.service(service('personguide.PersonGuide'), personGuide as unknown as Methods);
  router.service(service('grpcUser.UserService'), userService as unknown as Methods);
};
createServer(connectNodeAdapter({ routes })).listen(
  Number(process.argv[2] ?? '50051'),
  '127.0.0.1',
);
process.once('SIGTERM', () => process.exit(0));
