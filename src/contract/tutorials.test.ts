import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromObject } from '@grpc/proto-loader';
import { answered, disposable } from '../test-support/grpc-calls.js';
import { startServerProcess, type ServerProcess } from '../test-support/program.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';

/** The contract as the tutorials have it, without anything that was added since. */
const IMAGE = resolve(__dirname, '../../scripts/baseline/tutorials.json');

type Message = Record<string, unknown>;
type Callback = (error: ServiceError | null, answer?: Message) => void;
type Unary = (request: Message, callback: Callback) => unknown;

interface People extends Client {
  GetPhone: Unary;
  ListPersons: (request: Message) => ClientReadableStream<Message>;
  RecordPersons: (callback: Callback) => ClientWritableStream<Message>;
  RoutePhones: () => ClientDuplexStream<Message, Message>;
}

interface Users extends Client {
  AddUser: Unary;
  GetUser: Unary;
}

const names = ['Juan', 'Gabriel', 'Albert', 'Mark', 'Brian', 'Kevin'];
const phones = [
  { number: '1234', type: 'HOME' },
  { number: '4321', type: 'WORK' },
  { number: '4312', type: 'MOBILE' },
];
const people = names.map((name, index) => ({
  name,
  id: index + 1,
  email: `${name.toLowerCase()}@gmail.com`,
  phones,
}));

describe("a client of the tutorials' own protos", () => {
  const contract = loadContract();

  it.each([0, 1])('holds the whole conversation about people on port %d', async (port) => {
    using folder = temporaryFolder();
    await using server = await startTwoPorts(folder.file('people.db'));
    using client = openPeople(contract, server.addresses[port]);

    const book = await answered<Message>((callback) => {
      const recording = client.RecordPersons(callback);
      for (const person of people) recording.write(person);
      recording.end();
    });
    expect(book).toMatchObject({ people });

    const routing = client.RoutePhones();
    for (const person of people) routing.write({ ...person, phones: [] });
    routing.end();
    expect(await messagesOf(routing)).toEqual(people.flatMap(() => phones));

    for (const person of people) {
      const phone = await answered<Message>((callback) => client.GetPhone(person, callback));
      expect(phone).toEqual(phones[0]);
    }

    const list = await messagesOf(client.ListPersons({ name: 'my adress' }));
    expect(list).toHaveLength(10);
    expect(list.slice(0, 6)).toMatchObject(people);
    expect(list.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each([0, 1])('adds and gets users on port %d', async (port) => {
    await using server = await startTwoPorts(':memory:');
    using client = openUsers(contract, server.addresses[port]);
    const ann = { first_name: 'Ann', last_name: 'Lee', address: 'Here 1', verified: true };
    const bob = { ...ann, first_name: 'Bob', verified: false };
    for (const user of [ann, bob]) {
      const answer = await answered<Message>((callback) => client.AddUser(user, callback));
      expect(answer).toEqual({ code: 200, message: 'user saved successfully' });
    }
    const get = (request: Message) =>
      answered<Message>((callback) => client.GetUser(request, callback));
    expect(await get({ verified: true })).toEqual({ users: [ann] });
    expect(await get({ verified: false })).toEqual({ users: [bob] });
    expect(await get({})).toEqual({ users: [bob] });
  });
});

function loadContract(): GrpcObject {
  const set = JSON.parse(readFileSync(IMAGE, 'utf8')) as Parameters<
    typeof loadFileDescriptorSetFromObject
  >[0];
  return loadPackageDefinition(
    loadFileDescriptorSetFromObject(set, { enums: String, defaults: true }),
  );
}

function startTwoPorts(store: string): Promise<ServerProcess> {
  const listen = ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
  return startServerProcess([...listen, '--store', store, '--demo']);
}

function openPeople(contract: GrpcObject, address = ''): People & Disposable {
  const { PersonGuide } = contract['personguide'] as Record<string, ServiceClientConstructor>;
  return disposable(newClient(PersonGuide, address) as People);
}

function openUsers(contract: GrpcObject, address = ''): Users & Disposable {
  const { UserService } = contract['grpcUser'] as Record<string, ServiceClientConstructor>;
  return disposable(newClient(UserService, address) as Users);
}

function newClient(Service: ServiceClientConstructor | undefined, address: string): Client {
  if (Service === undefined) throw new Error('the contract has no such service');
  return new Service(address, credentials.createInsecure());
}

async function messagesOf(stream: AsyncIterable<unknown>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message as Message);
  return messages;
}
