// A server on nice-grpc with the generated service definitions and Maps.
// Run as `node nice-grpc.js PORT`.
import { createServer, ServerError, Status } from 'nice-grpc';
import { UserServiceService } from '../../../gen/grpcUser/user.js';
import type { FindUserRequest, UserRequest } from '../../../gen/grpcUser/user.js';
import { PersonGuideService, PhoneType } from '../../../gen/personguide/person_guide.js';
import type {
  AddressBook,
  Adress,
  Person,
  PhoneNumber,
} from '../../../gen/personguide/person_guide.js';
import { createMapDirectory } from './map-directory.js';

const directory = createMapDirectory<Person, UserRequest>();

function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw new ServerError(Status.NOT_FOUND, 'no such person or user');
  return found;
}

const personGuide = {
  async getPhone(request: Person): Promise<PhoneNumber> {
    return (
      orNotFound(directory.findPerson(request)).phones[0] ?? { number: '', type: PhoneType.MOBILE }
    );
  },
  async *listPersons({ name }: Adress): AsyncIterable<Person> {
    for (const person of directory.people.values()) {
      if (name === '' || person.adresses.some((adress) => adress.name === name)) yield person;
    }
  },
  async recordPersons(request: AsyncIterable<Person>): Promise<AddressBook> {
    const people: Person[] = [];
    for await (const person of request) people.push(person);
    const lastUpdated = new Date();
    for (const person of people) {
      person.lastUpdated = lastUpdated;
      directory.record(person);
    }
    return { people, truncated: false };
  },
  async *routePhones(request: AsyncIterable<Person>): AsyncIterable<PhoneNumber> {
    for await (const person of request) yield* (directory.findPerson(person) ?? person).phones;
  },
};

const userService = {
  async addUser(user: UserRequest) {
    if (!directory.add(user)) throw new ServerError(Status.ALREADY_EXISTS, 'the email is taken');
    return { code: 200, message: 'user saved successfully', user };
  },
  async getUser(): Promise<never> {
    throw new ServerError(Status.UNIMPLEMENTED, 'not benchmarked');
  },
  async findUser({ key }: FindUserRequest): Promise<UserRequest> {
    return orNotFound(
      key?.$case === 'email'
        ? directory.findUserByEmail(key.value)
        : directory.findUserById(key?.value ?? 0),
    );
  },
};

const server = createServer();
const { getPhone, listPersons, recordPersons, routePhones } = PersonGuideService;
const { addUser, getUser, findUser } = UserServiceService;
server.add({ getPhone, listPersons, recordPersons, routePhones }, personGuide);
server.add({ addUser, getUser, findUser }, userService);
void server.listen(`127.0.0.1:${process.argv[2] ?? '50051'}`);
process.once('SIGTERM', () => process.exit(0));
