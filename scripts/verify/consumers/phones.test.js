// A suite of a service that uses a directory, as plain CommonJS.
const { RpcError } = require('personguide');
const { startTestDirectory } = require('personguide/testing');

test('a person has the phones that the test gave it', async () => {
  const people = [{ id: 1, name: 'Juan', phones: [{ number: '1234' }] }];
  const { directory, stop } = await startTestDirectory({ people });
  expect(await directory.people.getPhone({ id: 1 })).toMatchObject({ number: '1234' });
  await expect(directory.people.getPhone({ id: 2 })).rejects.toThrow(RpcError);
  await stop();
});
