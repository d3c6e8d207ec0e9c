import { connect, type Directory } from '../index.js';
import { startTestDirectory, type TestDirectory } from '../testing.js';
import { openProxy, type BreakableProxy } from '../test-support/breakable-proxy.js';
import { all } from '../test-support/outcome.js';

let test: TestDirectory;
let proxy: BreakableProxy;
let client: Directory;

beforeEach(async () => {
  test = await startTestDirectory();
  proxy = await openProxy(test.address);
  client = connect(proxy.address);
  await client.waitForReady();
});

afterEach(async () => {
  client.close();
  await proxy[Symbol.asyncDispose]();
  await test.stop();
});

/** Makes a write whose answer is lost after it was done, and resolves with its second answer. */
async function losingTheAnswer<T>(write: () => Promise<T>, done: () => Promise<boolean>) {
  proxy.loseResponses();
  const answer = write();
  while (!(await done()));
  proxy.break();
  return answer;
}

it('adds a user once whose first answer is lost', async () => {
  const users = async () => (await test.directory.users.getUser({})).users;
  const { user } = await losingTheAnswer(
    () => client.users.addUser({ firstName: 'John', lastName: 'Doe' }),
    async () => (await users()).length > 0,
  );
  expect(user?.id).toBe(1);
  expect(await users()).toEqual([user]);
});

it('records people once whose first answer is lost', async () => {
  const people = () => all(test.directory.people.listPersons({}));
  const book = await losingTheAnswer(
    () => client.people.recordPersons([{ name: 'Ann' }, { name: 'Bob' }]),
    async () => (await people()).length > 0,
  );
  expect(book.people.map(({ id, name }) => ({ id, name }))).toEqual([
    { id: 1, name: 'Ann' },
    { id: 2, name: 'Bob' },
  ]);
  expect(await people()).toEqual(book.people);
});

it('would do a write twice without the key, so that these tests can fail', async () => {
  const add = () => test.directory.users.addUser({ firstName: 'John', lastName: 'Doe' });
  await add();
  await add();
  expect((await test.directory.users.getUser({})).users).toHaveLength(2);
});
