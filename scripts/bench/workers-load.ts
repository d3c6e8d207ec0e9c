// One loading client in a process of its own: `node workers-load.js PORT CASE SECONDS PREFIX`.
// Prints how many calls per second ended well.
import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import { makeFrameCalls } from './frame-client.js';
import { frames } from './raw-client.js';
import { sampleUser } from './sample-data.js';

const CONNECTIONS = 4;
const IN_FLIGHT_EACH = 25;
const WARM_UP_S = 1;

/** People of the demo. */
const PEOPLE = 10;

const people = Array.from({ length: PEOPLE }, (_, index) =>
  frames([Person.encode(Person.fromPartial({ id: index + 1 })).finish()]),
);

let made = 0;

function nextRequest(name: string, prefix: string): Buffer | undefined {
  made += 1;
  if (name === 'GetPhone') return people[made % PEOPLE];
  const user = { ...sampleUser(made), email: `${prefix}-${made}@example.com` };
  return frames([UserRequest.encode(user).finish()]);
}

async function load([port = '', name = '', seconds = '', prefix = '']: string[]): Promise<void> {
  const path =
    name === 'AddUser' ? '/grpcUser.UserService/AddUser' : '/personguide.PersonGuide/GetPhone';
  const callFor = async (durationS: number): Promise<number> => {
    const endMs = performance.now() + durationS * 1000;
    const next = (): Buffer | undefined =>
      performance.now() < endMs ? nextRequest(name, prefix) : undefined;
    const calls = { port: Number(port), path, inFlight: IN_FLIGHT_EACH, next };
    const counts = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => makeFrameCalls(calls)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  };
  await callFor(WARM_UP_S);
  const startMs = performance.now();
  const calls = await callFor(Number(seconds));
  process.stdout.write(`${(calls * 1000) / (performance.now() - startMs)}\n`);
}

void load(process.argv.slice(2));
