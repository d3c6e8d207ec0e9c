import { randomBytes } from 'node:crypto';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import type { connect, PartialMessage, Person } from '../index.js';

/** A running server, and a client that is connected to it and repeats no call by itself. */
export interface Connected {
  readonly client: ReturnType<typeof connect>;
  /** HOST:PORT of the same server, for calls that the client would not make. */
  readonly address: string;
  /** Closes the client, and the server if it was started for the suite. */
  close(): Promise<void>;
}

/** The calls of PersonGuide as the contract has them: a function for each RPC. */
export function peopleCalls({ client }: Connected) {
  return client.client(PersonGuideDefinition);
}

/** The calls of UserService as the contract has them. */
export function userCalls({ client }: Connected) {
  return client.client(UserServiceDefinition);
}

const RUN = randomBytes(4).toString('hex');
let made = 0;

/** A text that no other case and no other run has used: the directory may hold anything. */
export function unique(prefix: string): string {
  made += 1;
  return `${prefix}-${RUN}-${made}`;
}

/** An email that no other person has. */
export function uniqueEmail(): string {
  return `${unique('someone')}@example.com`;
}

/** A valid new person with an email of their own. */
export function newPerson(fields: PartialMessage<Person> = {}): PartialMessage<Person> {
  return { name: 'Ann', email: uniqueEmail(), ...fields };
}

/** Options of a call with that idempotency key. */
export function withKey(key: string) {
  return { metadata: { 'idempotency-key': key } };
}
