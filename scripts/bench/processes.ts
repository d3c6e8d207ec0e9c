import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/test-support/free-port.js';

/** How to start a server: what follows `node` on its command line, for that port. */
export interface ServerCommand {
  readonly name: string;
  args(port: number): string[];
}

/** A server that answers. */
export interface RunningServer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it with SIGTERM and waits for its exit. */
  stop(): Promise<void>;
}

/** Where a server's output goes, and where its CPU profile goes if it is profiled. */
export interface ServerFiles {
  readonly logFile: string;
  readonly profileDirectory?: string | undefined;
  /** The index of its core; the default is 0. */
  readonly core?: number;
}

const START_LIMIT_MS = 60_000;
const RETRY_MS = 2;

/** A process is at rest if it uses less than that in a second. */
const REST_CPU_MS = 20;
const REST_WINDOW_MS = 1000;
const REST_LIMIT_MS = 300_000;

const cores = allowedCores();
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Whether servers have a core of their own, and this process another. */
export const PINNED = cores.length >= 2 && spawnSync('taskset', ['-V']).status === 0;

/** Keeps this process, the load generator, off the servers' core. Returns whether it could. */
export function pinToClientCore(): boolean {
  if (!PINNED) return false;
  return spawnSync('taskset', ['-apc', String(cores[1]), String(process.pid)]).status === 0;
}

/** Whether there is a core for each of two servers, for the load generator and for a database. */
export const CORES_FOR_TWO_SERVERS = PINNED && cores.length >= 4;
/** The core of the second of two servers; it shares core 0 where there are too few. */
export const SECOND_SERVER_CORE = CORES_FOR_TWO_SERVERS ? 2 : 0;

/** How many cores this process may use; NaN where the system does not report it. */
export const CORE_COUNT = cores.length === 0 ? NaN : cores.length;

/** Keeps a database off the servers' cores; on two cores, that leaves the clients' core. */
export function pinDatabase(pid: number): void {
  if (!PINNED) return;
  const own = cores.slice(CORES_FOR_TWO_SERVERS ? 3 : 2);
  const list = own.length === 0 ? cores.slice(1) : own;
  for (const one of [pid, ...childrenOf(pid)]) {
    spawnSync('taskset', ['-apc', list.join(','), String(one)]);
  }
}

/** Spawns node on the servers' core (0), on the clients' core (1), or on another. */
export function spawnNode(
  core: number,
  args: readonly string[],
  stdio: ('ignore' | 'pipe' | 'inherit' | number)[],
): ChildProcess {
  const command = [process.execPath, ...args];
  if (PINNED) command.unshift('taskset', '-c', String(cores[core] ?? cores[0]));
  const [program = process.execPath, ...rest] = command;
  const child = spawn(program, rest, { stdio });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Starts a server and resolves when `probe` resolves; rejects if the server exits before. */
export async function startServer(
  command: ServerCommand,
  { logFile, profileDirectory, core = 0 }: ServerFiles,
  probe: (port: number) => Promise<unknown>,
): Promise<RunningServer> {
  const port = await freePort();
  const profiling =
    profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`];
  const log = openSync(logFile, 'a');
  const child = spawnNode(core, [...profiling, ...command.args(port)], ['ignore', log, log]);
  closeSync(log);
  const deadlineMs = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      throw new Error(
        `${command.name} did not start: ${readFileSync(logFile, 'utf8').slice(-800)}`,
      );
    }
    const isReady = await probe(port).then(
      () => true,
      () => false,
    );
    if (isReady) break;
    await sleep(RETRY_MS);
  }
  return { name: command.name, port, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** CPU time of all threads of a process so far, in milliseconds; NaN where the system does not report it. */
export function cpuMs(pid: number): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const times = tasks.map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return times.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
  } catch {
    return NaN;
  }
}

/** Resolves when a process uses hardly any CPU, or after five minutes. */
export async function untilAtRest(pid: number): Promise<void> {
  const deadlineMs = performance.now() + REST_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const beforeMs = cpuMs(pid);
    await sleep(REST_WINDOW_MS);
    const usedMs = cpuMs(pid) - beforeMs;
    if (Number.isNaN(usedMs) || usedMs < REST_CPU_MS) return;
  }
}

/** The processes that this process has started and that still run. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number);
}

/** The process that has started this one; NaN if it has ended. */
export function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return NaN;
  }
}

/** Resident memory of a process in MiB; NaN where the system does not report it. */
export function residentMiB(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib) / 1024;
  } catch {
    return NaN;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`a server ended by itself: ${String(child.exitCode ?? child.signalCode)}`);
  }
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** The cores this process may run on, such as 0-3,6; none where the system does not report them. */
function allowedCores(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
  } catch {
    return [];
  }
}
