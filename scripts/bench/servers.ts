import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { probe } from './people-cases.js';
import { startServer, untilAtRest, type RunningServer, type ServerCommand } from './processes.js';

export const PRODUCT = 'personguide';
/** As the product, without the web. */
export const GRPC_ONLY = 'personguide, web off';
export const PLAIN = 'grpc-js';
/** Only compared in GetPhone, because it does not differ from `grpc-js` in other calls. */
export const PLAIN_WITH_LOG = 'grpc-js + pino';

/** The product on each engine, in the run that compares the engines. */
export const ON_SQLITE = 'SQLite';
export const ON_POSTGRES = 'PostgreSQL';

const PRODUCTS: readonly string[] = [PRODUCT, GRPC_ONLY, ON_SQLITE, ON_POSTGRES];

/** The folder of one run, with stores, logs and the descriptor set of the contract. */
export interface Workspace {
  readonly directory: string;
  readonly profileDirectory: string | undefined;
  remove(): void;
}

/** Makes a directory inside `parent`; builds the descriptor set with buf. */
export function openWorkspace(parent: string, profileDirectory?: string): Workspace {
  const directory = mkdtempSync(join(parent, 'personguide-bench-'));
  const buf = join(dirname(require.resolve('@bufbuild/buf/package.json')), 'bin', 'buf');
  const built = spawnSync(process.execPath, [buf, 'build', '-o', descriptorSet(directory)]);
  if (built.status !== 0) throw new Error(`buf build failed: ${built.stderr.toString()}`);
  return {
    directory,
    profileDirectory,
    remove: () => {
      rmSync(directory, { recursive: true });
    },
  };
}

/**
 * Starts a server by its name. `store` is the product's file, which is kept between starts, or the
 * URL of its database. `core` counts from 0, and is 0 where there are not as many.
 */
export function start(
  workspace: Workspace,
  name: string,
  store: string,
  core = 0,
): Promise<RunningServer> {
  const logFile = join(workspace.directory, `${name.replaceAll(' ', '')}.log`);
  const { profileDirectory } = workspace;
  return startServer(command(workspace, name, store), { logFile, profileDirectory, core }, probe);
}

/**
 * Starts a server and fills it. The product is then restarted, because it keeps its data in a file,
 * and a process that has just loaded data is not in the state of one that serves.
 */
export async function startLoaded(
  workspace: Workspace,
  name: string,
  store: string,
  load: (port: number) => Promise<void> | undefined,
): Promise<RunningServer> {
  const server = await start(workspace, name, store);
  const loading = load(server.port);
  await loading;
  if (!PRODUCTS.includes(name) || loading === undefined) return server;
  await server.stop();
  const restarted = await start(workspace, name, store);
  // People are indexed after they were loaded: 100,000 of them in half a minute, with CPU that would
  // count as that of the calls.
  await untilAtRest(restarted.pid);
  return restarted;
}

function command({ directory }: Workspace, name: string, store: string): ServerCommand {
  const peer = (file: string): string => join(__dirname, 'peers', `${file}.js`);
  switch (name) {
    case PRODUCT:
    case ON_SQLITE:
      return { name, args: (port) => productArgs(port, join(directory, store)) };
    case GRPC_ONLY:
      return {
        name,
        args: (port) => [...productArgs(port, join(directory, store)), '--web', 'off'],
      };
    case ON_POSTGRES:
      return { name, args: (port) => productArgs(port, store) };
    case PLAIN:
      return { name, args: (port) => [peer('grpc-js'), String(port)] };
    case PLAIN_WITH_LOG:
      return { name, args: (port) => [peer('grpc-js'), String(port), '--log'] };
    case 'nice-grpc':
      return { name, args: (port) => [peer('nice-grpc'), String(port)] };
    case 'connect-node':
      return {
        name,
        args: (port) => [peer('connect-node'), String(port), descriptorSet(directory)],
      };
    default:
      throw new Error(`unknown server ${name}`);
  }
}

function productArgs(port: number, store: string): string[] {
  const main = join(__dirname, '..', '..', 'src', 'main.js');
  const listen = `127.0.0.1:${port}`;
  return [main, 'serve', '--listen', listen, '--store', store, '--log-level', 'info'];
}

function descriptorSet(directory: string): string {
  return join(directory, 'descriptors.binpb');
}
