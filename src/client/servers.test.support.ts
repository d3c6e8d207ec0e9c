import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { HealthService, type HealthServer } from '../../gen/grpc/health/v1/health.js';
import { GreeterService, type GreeterServer } from '../../gen/helloworld/helloworld.js';
import { UserServiceService, type UserServiceServer } from '../../gen/grpcUser/user.js';
import {
  PersonGuideService,
  PhoneNumber,
  type PersonGuideServer,
} from '../../gen/personguide/person_guide.js';
import { openProxy, type BreakableProxy } from '../test-support/breakable-proxy.js';
import { watchChild } from '../test-support/child.js';

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
  /** Sends GOAWAY, takes no new calls, and lets pending ones finish. */
  readonly finish: () => void;
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

/** A real server with the handlers of a test, on a free port of this machine or the given one. */
export async function serve(
  handlers: Handlers,
  credentials = ServerCredentials.createInsecure(),
  atPort = 0,
): Promise<TestServer> {
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  add(server, PersonGuideService, handlers.people);
  add(server, UserServiceService, handlers.users);
  add(server, HealthService, handlers.health);
  add(server, GreeterService, handlers.greeter);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${atPort}`, credentials, (error, bound) => {
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
    finish: () => {
      server.tryShutdown(() => undefined);
    },
  });
}

function add(server: Server, definition: ServiceDefinition, handlers: object = {}): void {
  server.addService(definition, handlers as UntypedServiceImplementation);
}

/** A server in a process of its own, whose GetPhone and ListPersons return its process id. */
export async function spawnServer(): Promise<{ address: string; pid: number }> {
  const child = watchChild(spawn(process.execPath, ['-e', CHILD]));
  stopLater({ stop: () => void child.kill('SIGKILL') });
  const [port = ''] = await child.until(1);
  return { address: `127.0.0.1:${port}`, pid: child.pid };
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

/** A proxy to that port which `stopAll` closes. */
export async function proxyTo(port: number): Promise<BreakableProxy> {
  const proxy = await openProxy(`127.0.0.1:${port}`);
  stopLater({ stop: () => void proxy[Symbol.asyncDispose]() });
  return proxy;
}
