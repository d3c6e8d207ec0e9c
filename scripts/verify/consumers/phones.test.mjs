// A suite of a service that uses a directory, as an ECMAScript module.
import { PhoneType } from 'personguide';
import { startTestDirectory } from 'personguide/testing';

test('a person has the phones that the test gave it', async () => {
  const phones = [{ number: '1234', type: PhoneType.WORK }];
  const { directory, stop } = await startTestDirectory({ people: [{ name: 'Juan', phones }] });
  expect(await directory.people.getPhone({ id: 1 })).toEqual(phones[0]);
  await stop();
});
