import { once } from 'node:events';
import { Agent, request as http1Request, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { join } from 'node:path';
import { Person } from '../../gen/personguide/person_guide.js';
import type { PreparedCase } from './case.js';
import { compete, type Contestant, type Result, type Rounds } from './measure.js';
import { loadPeople } from './people-cases.js';
import { startServer, type RunningServer } from './processes.js';
import { GRPC_ONLY, PRODUCT, startLoaded, type Workspace } from './servers.js';
import { prepareGetPhone } from './unary-cases.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const LIST_PERSONS = '/personguide.PersonGuide/ListPersons';
const JSON_TYPE = 'application/json';
const CONCURRENT = 50;

/** Servers in one case over HTTP. */
export interface WebComparison {
  readonly name: string;
  readonly unit: 'call' | 'person';
  readonly results: readonly Result[];
}

interface WebPlan extends Rounds {
  readonly people: number;
  readonly calls: number;
}

/** Sends a request with that body, and resolves with the size of the body of the response. */
type Post = (path: string, contentType: string, body: string | Uint8Array) => Promise<number>;

/** Measures JSON, Connect and gRPC with the web on and off. */
export async function measureWeb(workspace: Workspace, plan: WebPlan): Promise<WebComparison[]> {
  const load = (port: number): Promise<void> => loadPeople(port, plan.people);
  const servers = {
    product: await startLoaded(workspace, PRODUCT, 'web.db', load),
    grpcOnly: await startLoaded(workspace, GRPC_ONLY, 'web-off.db', load),
    connectNode: await startLoaded(workspace, 'connect-node', '', load),
    plain: await startPlain(workspace, plan.people),
  };
  try {
    return [
      await compareUnary('GetPhone, JSON over HTTP/1.1', JSON_TYPE, servers, plan),
      await compareUnary('GetPhone, Connect over HTTP/2', 'application/proto', servers, plan),
      await compareLists('ListPersons, JSON over HTTP/1.1', JSON_TYPE, servers, plan),
      await compareLists(
        'ListPersons, Connect over HTTP/2',
        'application/connect+proto',
        servers,
        plan,
      ),
      await compareGrpc(servers, plan),
    ];
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
}

interface Servers {
  readonly product: RunningServer;
  readonly grpcOnly: RunningServer;
  readonly connectNode: RunningServer;
  readonly plain: RunningServer;
}

function startPlain({ directory }: Workspace, people: number): Promise<RunningServer> {
  const file = join(__dirname, 'peers', 'json-http.js');
  const args = (port: number): string[] => [file, String(port), String(people)];
  const probe = async (port: number): Promise<void> => {
    const post = http1(port);
    await post.post(GET_PHONE, JSON_TYPE, '{"id":1}').finally(post.close);
  };
  return startServer(
    { name: 'node:http', args },
    { logFile: join(directory, 'node-http.log') },
    probe,
  );
}

/** Over HTTP/1.1 against node:http, over HTTP/2 against connect-node. */
function rivals(contentType: string, { product, plain, connectNode }: Servers): RunningServer[] {
  return contentType === JSON_TYPE ? [product, plain] : [product, connectNode];
}

async function compareUnary(
  name: string,
  contentType: string,
  servers: Servers,
  plan: WebPlan,
): Promise<WebComparison> {
  const bodyOf = (id: number): string | Uint8Array =>
    contentType === JSON_TYPE
      ? JSON.stringify({ id })
      : Person.encode(Person.fromPartial({ id })).finish();
  const callAll = async (post: Post): Promise<number> => {
    let next = 0;
    const callOneByOne = async (): Promise<void> => {
      while (next < plan.calls) {
        next += 1;
        const size = await post(GET_PHONE, contentType, bodyOf((next % plan.people) + 1));
        if (size === 0) throw new Error('an empty response');
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, callOneByOne));
    return plan.calls;
  };
  return {
    name,
    unit: 'call',
    results: await competeOver(rivals(contentType, servers), contentType, callAll, plan),
  };
}

async function compareLists(
  name: string,
  contentType: string,
  servers: Servers,
  plan: WebPlan,
): Promise<WebComparison> {
  const body = contentType === JSON_TYPE ? '{}' : Buffer.alloc(5);
  const list = async (post: Post): Promise<number> => {
    const size = await post(LIST_PERSONS, contentType, body);
    if (size < plan.people * 50) throw new Error(`a list of ${size} bytes`);
    return plan.people;
  };
  return {
    name,
    unit: 'person',
    results: await competeOver(rivals(contentType, servers), contentType, list, plan),
  };
}

async function competeOver(
  servers: readonly RunningServer[],
  contentType: string,
  batch: (post: Post) => Promise<number>,
  plan: WebPlan,
): Promise<Result[]> {
  const connections = servers.map(({ port }) =>
    contentType === JSON_TYPE ? http1(port) : http2(port),
  );
  const contestants = servers.map((server, index): Contestant => {
    const { post, close } = connections[index] ?? http1(server.port);
    const prepared: PreparedCase = {
      oneBatchPerRound: false,
      next: () => () => batch(post),
      close,
    };
    return { name: server.name, servers: [server], prepared };
  });
  try {
    return await compete(contestants, plan);
  } finally {
    for (const { close } of connections) close();
  }
}

async function compareGrpc({ product, grpcOnly }: Servers, plan: WebPlan): Promise<WebComparison> {
  const shape = { connections: 1, streams: CONCURRENT };
  const contestants = await Promise.all(
    [product, grpcOnly].map(async (server): Promise<Contestant> => {
      const prepared = await prepareGetPhone([server.port], plan.people, plan.calls, shape);
      return { name: server.name, servers: [server], prepared };
    }),
  );
  const results = await compete(contestants, plan);
  for (const { prepared } of contestants) prepared.close();
  return { name: 'GetPhone, gRPC', unit: 'call', results };
}

interface HttpConnections {
  readonly post: Post;
  readonly close: () => void;
}

function http1(port: number): HttpConnections {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
  const post: Post = async (path, contentType, body) => {
    const sent = http1Request({
      ...{ agent, port, path, host: '127.0.0.1', method: 'POST' },
      headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body) },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return (await sizeOf(response, response.statusCode)) ?? post(path, contentType, body);
  };
  return {
    post,
    close: () => {
      agent.destroy();
    },
  };
}

function http2(port: number): HttpConnections {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`);
  // The streams report it.
  session.on('error', () => undefined);
  session.once('connect', () => {
    session.setLocalWindowSize(16 * 1024 * 1024);
  });
  const post: Post = async (path, contentType, body) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': contentType,
    });
    stream.end(body);
    const [headers] = (await once(stream, 'response')) as [{ readonly ':status': number }];
    return (await sizeOf(stream, headers[':status'])) ?? post(path, contentType, body);
  };
  return {
    post,
    close: () => {
      session.destroy();
    },
  };
}

/** The size of a body; undefined if the server was overloaded, as it may be by its first call. */
async function sizeOf(body: NodeJS.ReadableStream, status = 0): Promise<number | undefined> {
  if (status !== 200 && status !== 503) throw new Error(`a response with status ${status}`);
  let size = 0;
  body.on('data', (chunk: Buffer) => (size += chunk.length));
  await once(body, 'end');
  return status === 200 ? size : undefined;
}
