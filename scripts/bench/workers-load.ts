// One loading client in a process of its own: `node workers-load.js PORT CASE SECONDS PREFIX`.
// Prints how many calls per second ended well.
import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import { callAll, connectAll, frames } from './raw-client.js';
import { sampleUser } from './sample-data.js';

const CONNECTIONS = 4;
const IN_FLIGHT = 100;
const CALLS_PER_BATCH = 2000;

/** People of the demo. */
const PEOPLE = 10;

let made = 0;

function nextUser(prefix: string): Buffer {
  made += 1;
  const user = { ...sampleUser(made), email: `${prefix}-${made}@example.com` };
  return frames([UserRequest.encode(user).finish()]);
}

function requests(name: string, prefix: string): Buffer[] {
  return Array.from({ length: CALLS_PER_BATCH }, (_, index) =>
    name === 'AddUser'
      ? nextUser(prefix)
      : frames([Person.encode(Person.fromPartial({ id: (index % PEOPLE) + 1 })).finish()]),
  );
}

async function load([port = '', name = '', seconds = '', prefix = '']: string[]): Promise<void> {
  const path =
    name === 'AddUser' ? '/grpcUser.UserService/AddUser' : '/personguide.PersonGuide/GetPhone';
  const connections = await connectAll([Number(port)], CONNECTIONS);
  const batch = (): Promise<void> => callAll(connections, path, requests(name, prefix), IN_FLIGHT);
  await batch();
  const startMs = performance.now();
  let calls = 0;
  while (performance.now() - startMs < Number(seconds) * 1000) {
    await batch();
    calls += CALLS_PER_BATCH;
  }
  process.stdout.write(`${(calls * 1000) / (performance.now() - startMs)}\n`);
  for (const connection of connections) connection.destroy();
}

void load(process.argv.slice(2));
