import { stalledReaders } from '../../../src/test-support/attacks/stalled-readers.js';
import {
  dataFrames,
  grpcHeaders,
  headersFrame,
  rawConnection,
  type RawConnection,
} from '../../../src/test-support/attacks/raw-connection.js';
import type { TrialGroup } from '../trial.js';

const PEOPLE = 100_000;

const QUERY_500 = Buffer.of(8, 0xf4, 3);

export const readers: TrialGroup = {
  title: 'Clients that do not read',
  trials: [
    {
      name: '2,000 stalled readers of ListPersons',
      people: PEOPLE,
      plain: true,
      run: ({ address }) => stalledReaders(address),
    },
    {
      name: '100 stalled readers of ListPersons',
      people: PEOPLE,
      run: ({ address }) => stalledReaders(address, { readers: 100 }),
    },
    {
      name: '1,000 stalled readers of WatchPersons',
      people: PEOPLE,
      run: ({ address }) =>
        stalledReaders(address, { readers: 1000, path: '/personguide.PersonGuide/WatchPersons' }),
    },
    {
      name: '2,000 stalled readers of QueryPersons',
      people: PEOPLE,
      run: ({ address }) =>
        stalledReaders(address, {
          readers: 2000,
          path: '/personguide.PersonGuide/QueryPersons',
          request: QUERY_500,
        }),
    },
    {
      name: '500 stalled readers of reflection',
      run: ({ address }) =>
        stalledReaders(address, {
          readers: 500,
          path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
          request: Buffer.concat([Buffer.of(0x22, 23), Buffer.from('personguide.PersonGuide')]),
        }),
    },
    {
      name: '100 calls of RoutePhones that send 1,000,000 people and read nothing',
      people: PEOPLE,
      run: async ({ address }) =>
        Promise.all(Array.from({ length: 100 }, () => endlessRequests(address))),
    },
  ],
};

/** Sends requests until the server stops reading them, or the call ends. */
async function endlessRequests(address: string): Promise<RawConnection> {
  const connection = await rawConnection(address);
  const block = grpcHeaders('/personguide.PersonGuide/RoutePhones');
  await connection.write(headersFrame(1, block));
  const person = Buffer.of(0, 0, 0, 0, 2, 16, 1);
  const many = dataFrames(1, Buffer.concat(Array<Buffer>(2000).fill(person)), false);
  // The windows of HTTP/2 are 64 KiB at first; who does not wait for more breaks the protocol.
  for (let sent = 0; sent < 4; sent += 1) await connection.write(many);
  await connection.roundTrip();
  return connection;
}
