import { overload } from '../../../src/test-support/attacks/overload.js';
import type { Trial, TrialGroup } from '../trial.js';
import type { Target } from '../target.js';

/** Under overload, others may wait as long as calls wait before new ones are refused. */
const OTHERS_MS = 250;

type OverloadOptions = Parameters<typeof overload>[1];

function trial(name: string, options: OverloadOptions, more: Partial<Trial> = {}): Trial {
  return {
    name,
    othersMs: OTHERS_MS,
    plain: true,
    run: (target) => call(target, options),
    ...more,
  };
}

async function call({ address }: Target, options: OverloadOptions): Promise<string> {
  using calls = await overload(address, options);
  return [...calls.statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
}

export const overloads: TrialGroup = {
  title: 'More calls than the server can serve: 2,000 at a time for 5 s (calls by status)',
  trials: [
    trial('GetPhone', {}, { short: true }),
    trial('AddUser', { path: '/grpcUser.UserService/AddUser', request: Buffer.of(10, 1, 65) }),
    trial('a method that does not exist', { path: '/personguide.PersonGuide/No' }),
    trial('a service that does not exist', { path: '/a.B/C' }, { plain: false }),
    trial(
      'FindUser',
      { path: '/grpcUser.UserService/FindUser', request: Buffer.of(8, 1) },
      { plain: false },
    ),
    trial(
      'SearchPersons of 100,000 people',
      {
        path: '/personguide.PersonGuide/SearchPersons',
        request: Buffer.concat([Buffer.of(10, 8), Buffer.from('lovelace')]),
      },
      { plain: false, people: 100_000 },
    ),
    trial('invalid messages', { request: Buffer.of(0x0f, 1, 2, 3) }, { plain: false }),
  ],
};
