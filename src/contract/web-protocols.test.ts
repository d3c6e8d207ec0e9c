import type { Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { connect } from '../index.js';
import { startConnectProxy } from '../test-support/connect-proxy.js';
import type { Connected } from './connected.js';
import { personGuideSuite } from './person-guide-suite.js';
import { openInProcess } from './services-under-test.js';
import { userServiceSuite } from './user-service-suite.js';
import { withoutCases } from './without-cases.js';

/** Cases with thousands of people: they are about stores, and take nine tenths of the time. */
const largePeopleCases = [
  'has everyone without a filter, as ListPersons',
  'counts everyone if there is no filter',
  'reads no more batches while the caller does not read responses',
  'accepts 10,000 people in one call',
  'is followed by what changed while it was read',
  'shows deleted people only if the request says so, in every order',
  'gives everyone who was there, each once and by id, while people are recorded',
  'sends a caller who stops reading what has changed meanwhile, once that reads on',
  'neither repeats nor skips people in pages %s',
  'refuses the 10,001st person with RESOURCE_EXHAUSTED',
  'answers one person before the next, known or not, thousands of them',
  'of one write come by id, in several responses if they are many',
  'can be resumed at each of its responses',
  'lists the whole directory in every order, each person once',
  'responds to a recording beyond 3 MiB with its first people, marked as truncated',
  'reach many watchers, with different filters, in the same order',
  'filters by address and by label, without regard to case and spaces around',
  'takes 20 people to a page by default, and never more than 3 MiB',
  'never exceeds 3 MiB',
  'takes 16 MiB in one call, and not a byte more',
  'takes 100 people to a page by default, and 1,000 at most',
  'takes 10,000 people, and 4 MiB, in a request',
  'records nothing when many clients cancel, or run into their deadlines, at the same time',
];
const largeUserCases = [
  'finds one among many more than it looks at per call',
  'lists more than a page of users by id, each once',
];

interface TransportOptions {
  readonly baseUrl: string;
  readonly httpVersion: '2';
  readonly sessionManager: Http2SessionManager;
}

interface WebProtocol {
  readonly name: string;
  readonly isJson: boolean;
  readonly transportOn: (options: TransportOptions) => Transport;
  /** Cases whose requests a public client of the protocol cannot send, besides malformed ones. */
  readonly impossible: { readonly people: readonly string[]; readonly users: readonly string[] };
}

/** What JSON has no way to write. */
const notInJson = {
  people: [
    'is refused by %s with INVALID_ARGUMENT',
    'records no person of a call in which some text is not UTF-8',
    'refuses a timestamp that is %s',
    'a request that cannot be decoded; the batches before it stay',
  ],
  users: ['refuses text that is not UTF-8'],
};

/** Bytes that are not a message at all. */
const malformed = [
  'refuses bytes that are not a message with INVALID_ARGUMENT: %s',
  'refuses a message above 4 MiB with RESOURCE_EXHAUSTED',
];

const protocols: readonly WebProtocol[] = [
  {
    name: 'Connect with JSON',
    isJson: true,
    transportOn: (options) => createConnectTransport({ ...options, useBinaryFormat: false }),
    impossible: notInJson,
  },
  {
    name: 'Connect, binary',
    isJson: false,
    transportOn: (options) => createConnectTransport({ ...options, useBinaryFormat: true }),
    impossible: { people: [], users: [] },
  },
  {
    name: 'gRPC-Web',
    isJson: false,
    transportOn: (options) => createGrpcWebTransport({ ...options, useBinaryFormat: true }),
    impossible: { people: [], users: [] },
  },
];

for (const protocol of protocols) {
  const open = () => openBy(protocol);
  withoutCases([...largePeopleCases, ...malformed, ...protocol.impossible.people], () => {
    personGuideSuite(protocol.name, open);
  });
  withoutCases([...largeUserCases, ...protocol.impossible.users], () => {
    userServiceSuite(protocol.name, open);
  });
}

/** Connects to a directory by a public client of another protocol, with a proxy between. */
async function openBy({ transportOn, isJson }: WebProtocol): Promise<Connected> {
  const direct = await openInProcess(':memory:');
  const baseUrl = `http://${direct.address}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = transportOn({ baseUrl, httpVersion: '2', sessionManager });
  const proxy = await startConnectProxy(transport, { isJson });
  const client = connect(proxy.address, { retry: false, timeoutMs: 30_000 });
  const close = async (): Promise<void> => {
    client.close();
    proxy.stop();
    sessionManager.abort();
    await direct.close();
  };
  return { client, address: proxy.address, close };
}
