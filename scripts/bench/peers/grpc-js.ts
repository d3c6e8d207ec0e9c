// A hand-written server: grpc-js, the generated service definitions, Maps.
// Run as `node grpc-js.js PORT`; with `--log` it writes one pino line per GetPhone.
import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials, status, type ServerWritableStream } from '@grpc/grpc-js';
import { pino } from 'pino';
import { UserServiceService, type UserRequest } from '../../../gen/grpcUser/user.js';
import type { UserServiceServer } from '../../../gen/grpcUser/user.js';
import { PersonGuideService, PhoneType } from '../../../gen/personguide/person_guide.js';
import type { Adress, Person, PersonGuideServer } from '../../../gen/personguide/person_guide.js';
import { createMapDirectory } from './map-directory.js';

const NOT_FOUND = { code: status.NOT_FOUND, details: 'no such person or user' };
const ALREADY_EXISTS = { code: status.ALREADY_EXISTS, details: 'the email is taken' };

const directory = createMapDirectory<Person, UserRequest>();

async function sendPeople(call: ServerWritableStream<Adress, Person>): Promise<void> {
  const { name } = call.request;
  for (const person of directory.people.values()) {
    if (name !== '' && !person.adresses.some((adress) => adress.name === name)) continue;
    if (!call.write(person)) await new Promise((resolve) => call.once('drain', resolve));
    if (call.cancelled) return;
  }
  call.end();
}

const personGuide = {
  getPhone(call, callback) {
    const person = directory.findPerson(call.request);
    if (person === undefined) callback(NOT_FOUND);
    else callback(null, person.phones[0] ?? { number: '', type: PhoneType.MOBILE });
  },
  listPersons(call) {
    void sendPeople(call);
  },
  recordPersons(call, callback) {
    const people: Person[] = [];
    call.on('data', (person: Person) => people.push(person));
    call.on('end', () => {
      const lastUpdated = new Date();
      for (const person of people) {
        person.lastUpdated = lastUpdated;
        directory.record(person);
      }
      callback(null, { people, truncated: false });
    });
  },
  routePhones(call) {
    call.on('data', (person: Person) => {
      let more = true;
      for (const phone of (directory.findPerson(person) ?? person).phones) more = call.write(phone);
      if (more) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => {
      call.end();
    });
  },
} satisfies Partial<PersonGuideServer>;

const userService = {
  addUser({ request: user }, callback) {
    if (!directory.add(user)) callback(ALREADY_EXISTS);
    else callback(null, { code: 200, message: 'user saved successfully', user });
  },
  findUser({ request: { key } }, callback) {
    const user =
      key?.$case === 'email'
        ? directory.findUserByEmail(key.value)
        : directory.findUserById(key?.value ?? 0);
    if (user === undefined) callback(NOT_FOUND);
    else callback(null, user);
  },
} satisfies Partial<UserServiceServer>;

// Held back and written together, as the directory's own log is.
const log = pino(
  { base: null, timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ dest: 1, sync: false, minLength: 8 * 1024, periodicFlush: 100 }),
);

const getPhoneAndLog: PersonGuideServer['getPhone'] = (call, callback) => {
  const startMs = performance.now();
  personGuide.getPhone(call, (error, phone) => {
    callback(error, phone);
    const line = {
      method: call.getPath(),
      status: status[error?.code ?? status.OK],
      durationMs: Math.round((performance.now() - startMs) * 1000) / 1000,
      peer: call.getPeer(),
      requestId: randomUUID(),
      received: 1,
      sent: error ? 0 : 1,
    };
    log.info(line, 'call');
  });
};

const server = new Server();
const LOGS_CALLS = process.argv.includes('--log');
server.addService(
  PersonGuideService,
  LOGS_CALLS ? { ...personGuide, getPhone: getPhoneAndLog } : personGuide,
);
server.addService(UserServiceService, userService);
const ADDRESS = `127.0.0.1:${process.argv[2] ?? '50051'}`;
server.bindAsync(ADDRESS, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
process.once('SIGTERM', () => process.exit(0));
