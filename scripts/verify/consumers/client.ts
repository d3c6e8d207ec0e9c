/** A service that only calls a directory: reads and writes at the address of its argument. */
import { strict as assert } from 'node:assert';
import {
  connect,
  PhoneType,
  RpcError,
  type ConnectOptions,
  type Directory,
  type Person,
} from 'personguide';

const options: ConnectOptions = { timeoutMs: 5000, retry: { maxAttempts: 3 } };

/** Inferred, so that the compiler must be able to write the type down. */
export const open = (address: string) => connect(address, options);

export async function call(directory: Directory): Promise<void> {
  const people = [{ id: 1, name: 'Juan', phones: [{ number: '1234', type: PhoneType.HOME }] }];
  const book = await directory.people.recordPersons(people);
  const recorded: Person | undefined = book.people[0];
  assert.equal(recorded?.name, 'Juan');
  assert.ok(recorded.lastUpdated instanceof Date);
  const phone = await directory.people.getPhone({ id: 1 });
  assert.equal(phone.number, '1234');
  const listed: string[] = [];
  for await (const person of directory.people.listPersons({})) listed.push(person.name);
  assert.deepEqual(listed, ['Juan']);
  const numbers: string[] = [];
  for await (const { number } of directory.people.routePhones(people)) numbers.push(number);
  assert.deepEqual(numbers, ['1234']);
  const john = { firstName: 'John', lastName: 'Doe', email: 'john@example.com' };
  const { user } = await directory.users.addUser(john);
  const found = await directory.users.findUser({ key: { $case: 'id', value: user?.id ?? 0 } });
  assert.equal(found.firstName, 'John');
  await assert.rejects(directory.people.getPhone({ id: 99 }), (error: unknown) => {
    return error instanceof RpcError && error.codeName === 'NOT_FOUND';
  });
}

async function main(address: string): Promise<void> {
  const directory = open(address);
  try {
    await directory.waitForReady({ timeoutMs: 5000 });
    await call(directory);
    console.log('called');
  } finally {
    directory.close();
  }
}

void main(process.argv[2] ?? '');
