import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { HealthService, type HealthServer } from '../../gen/grpc/health/v1/health.js';
import { GreeterService, type GreeterServer } from '../../gen/helloworld/helloworld.js';
import { UserServiceService, type UserServiceServer } from '../../gen/grpcUser/user.js';
import {
  PersonGuideService,
  PhoneNumber,
  type PersonGuideServer,
} from '../../gen/personguide/person_guide.js';

/** The handlers that a test needs. Calls without one fail with UNIMPLEMENTED. */
export interface Handlers {
  readonly people?: Partial<PersonGuideServer>;
  readonly users?: Partial<UserServiceServer>;
  readonly health?: Partial<HealthServer>;
  readonly greeter?: Partial<GreeterServer>;
}

/** The response of GetPhone where a test does not look at it. */
export const EMPTY_PHONE = PhoneNumber.fromPartial({});

export interface TestServer {
  readonly port: number;
  readonly address: string;
  readonly stop: () => void;
}

const open: { stop(): void }[] = [];

/** Stops everything that a test has started; for afterEach. */
export function stopAll(): void {
  for (const each of open.splice(0)) each.stop();
}

/** Registers something for stopAll(). */
export function stopLater<T extends { stop(): void }>(started: T): T {
  open.push(started);
  return started;
}

/** Registers a client that stopAll() closes. */
export function closeLater<T extends { close(): void }>(client: T): T {
  stopLater({
    stop: () => {
      client.close();
    },
  });
  return client;
}

/** A real server with the handlers of a test, on a free port of this machine. */
export async function serve(
  handlers: Handlers,
  credentials = ServerCredentials.createInsecure(),
): Promise<TestServer> {
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  add(server, PersonGuideService, handlers.people);
  add(server, UserServiceService, handlers.users);
  add(server, HealthService, handlers.health);
  add(server, GreeterService, handlers.greeter);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return stopLater({
    port,
    address: `127.0.0.1:${port}`,
    stop: () => {
      server.forceShutdown();
    },
  });
}

function add(server: Server, definition: ServiceDefinition, handlers: object = {}): void {
  server.addService(definition, handlers as UntypedServiceImplementation);
}

/** A server in a process of its own, whose GetPhone and ListPersons return its process id. */
export async function spawnServer(): Promise<{ address: string; pid: number }> {
  const child = spawn(process.execPath, ['-e', CHILD], { stdio: ['ignore', 'pipe', 'inherit'] });
  stopLater({ stop: () => void child.kill('SIGKILL') });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { address: `127.0.0.1:${port.toString().trim()}`, pid: Number(child.pid) };
}

// Plain JavaScript on raw bytes, because the child process cannot load TypeScript.
const CHILD = `
const { Server, ServerCredentials } = require('@grpc/grpc-js');
const same = (bytes) => bytes;
const method = (name, responseStream) => ({
  path: '/personguide.PersonGuide/' + name, requestStream: false, responseStream,
  requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same,
});
const pid = Buffer.from(String(process.pid));
const response = Buffer.concat([Buffer.from([10, pid.length]), pid]);
const server = new Server();
server.addService(
  { getPhone: method('GetPhone', false), listPersons: method('ListPersons', true) },
  {
    getPhone: (call, callback) => callback(null, response),
    listPersons: (call) => { call.on('error', () => {}); call.write(response); },
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
`;

/** A connection between client and server that can be cut. */
export async function cuttableWire(port: number): Promise<{ address: string; cut(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectSocket(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  stopLater({
    stop: () => {
      cut();
      server.close();
    },
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}

/** A promise and the functions that settle it. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The reason that a promise rejects with. Fails if the promise is fulfilled. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was fulfilled');
}
