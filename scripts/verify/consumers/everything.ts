/** A service that uses each entry of the package, by every way in that it documents. */
import { strict as assert } from 'node:assert';
import { credentials } from '@grpc/grpc-js';
import { fromCall, openChannel, type CallOptions, type GrpcServerCall } from 'personguide';
import {
  Person,
  PersonGuideClient,
  PersonGuideDefinition,
} from 'personguide/gen/personguide/person_guide';
import { startDirectory, type DirectoryOptions } from 'personguide/server';
import { startTestDirectory } from 'personguide/testing';

/** Inferred, so that the compiler must be able to write the types down. */
export const start = (options: DirectoryOptions) => startDirectory(options);
export const startForTests = () => startTestDirectory({ people: [{ id: 7, name: 'Ada' }] });
export const optionsOf = (call: GrpcServerCall): CallOptions => fromCall(call);

async function testDirectory(): Promise<void> {
  const { directory, stop } = await startForTests();
  const names: string[] = [];
  for await (const { name } of directory.people.listPersons({})) names.push(name);
  assert.deepEqual(names, ['Ada']);
  await stop();
}

async function serverFromCode(): Promise<void> {
  const server = await start({ listen: ['127.0.0.1:0'], store: ':memory:', logLevel: 'silent' });
  const [address = ''] = server.addresses;
  const channel = openChannel(address);
  const people = channel.client(PersonGuideDefinition);
  await people.recordPersons([Person.fromPartial({ id: 1, name: 'Juan' })]);
  assert.equal(await channel.health(), 'SERVING');
  assert.equal(await numberByStub(address), '');
  channel.close();
  await server.stop();
}

/** The first number of the person with id 1, by the generated stub. */
function numberByStub(address: string): Promise<string> {
  const stub = new PersonGuideClient(address, credentials.createInsecure());
  return new Promise((resolve, reject) => {
    stub.getPhone(Person.fromPartial({ id: 1 }), (error, phone) => {
      stub.close();
      if (error) reject(error);
      else resolve(phone.number);
    });
  });
}

async function main(): Promise<void> {
  await testDirectory();
  await serverFromCode();
  console.log('used');
}

void main();
