import type { FindUserRequest, UserRequest } from '../../gen/grpcUser/user.js';
import { Person, PhoneType } from '../../gen/personguide/person_guide.js';

/** The person of that id, the same in every run: a name, an email, one or two phones, a town. */
export function samplePerson(id: number): Person {
  const phones = [{ number: `+49 30 ${1_000_000 + id}`, type: PhoneType.MOBILE }];
  if (phonesOf(id) === 2) phones.push({ number: `+49 40 ${2_000_000 + id}`, type: PhoneType.WORK });
  return Person.fromPartial({
    id,
    name: `Ada Lovelace ${id}`,
    email: `ada.${id}@example.org`,
    phones,
    adresses: [{ name: `Town ${id % 100}` }],
  });
}

/** How many phones samplePerson(id) has: 1 or 2. */
export function phonesOf(id: number): number {
  return 1 + (id % 2);
}

/** A user; the email is different for each number. */
export function sampleUser(number: number): UserRequest {
  return {
    id: 0,
    firstName: 'Grace',
    lastName: `Hopper ${number}`,
    address: `${number} Arlington Street`,
    verified: number % 2 === 0,
    email: `grace.${number}@example.org`,
    etag: '',
  };
}

/** A key of the user that was added as number 1, 2, ...: the id if that is even, else the email. */
export function sampleUserKey(number: number): FindUserRequest {
  const byId = number % 2 === 0;
  return {
    key: byId
      ? { $case: 'id', value: number }
      : { $case: 'email', value: `grace.${number}@example.org` },
  };
}

/** Numbers from 1 to `to` in an even but unordered distribution, the same in every run. */
export function scatteredIds(count: number, to: number): number[] {
  let state = 12_345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * to);
  });
}
