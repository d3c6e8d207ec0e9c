import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { DirectoryOptions } from '../directory-options.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';
import { watchChild, type Exit } from '../test-support/child.js';
import { PROGRAM } from '../test-support/program.js';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';

const TIMEOUT_MS = 30_000;

let server: RunningDirectory | undefined;
let folder: Folder | undefined;

/** Gives each test of the file a server of its own, and all of them a folder. */
export function useServer(options: (folder: Folder) => DirectoryOptions = () => ({})): void {
  jest.setTimeout(TIMEOUT_MS);
  beforeAll(() => {
    folder = temporaryFolder();
  });
  beforeEach(async () => {
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: ':memory:',
      logLevel: 'silent',
      shutdownGraceMs: 100,
      ...options(testFolder()),
    });
  });
  afterEach(() => server?.stop());
  afterAll(() => folder?.[Symbol.dispose]());
}

/** The address of the server of the test. */
export function serverAddress(): string {
  return server?.addresses.join() ?? '';
}

/** The folder of the tests. */
export function testFolder(): Folder {
  if (folder === undefined) throw new Error('useServer() was not called');
  return folder;
}

/** Writes a file of people, and returns its path. */
export async function fileOf(content: string): Promise<string> {
  const path = testFolder().file('people.txt');
  await writeFile(path, content);
  return path;
}

/** Starts the command; without --address it calls the server of the test. */
export function start(
  args: readonly string[],
  nodeArgs: string[] = [],
  variables: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PERSONGUIDE'));
  const env = {
    ...Object.fromEntries(inherited),
    PERSONGUIDE_ADDRESS: serverAddress(),
    ...variables,
  };
  return spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], { env, timeout: TIMEOUT_MS });
}

/** Resolves when the process has ended. */
export function endOf(child: ChildProcessWithoutNullStreams): Promise<Exit> {
  return watchChild(child).exited;
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<Exit> {
  const child = start(args, [], variables);
  // A command that exits early does not read its input.
  child.stdin.on('error', () => undefined).end(input);
  return endOf(child);
}

/** What standard error has after a success: nothing, or one line that counts. */
const SUMMARY = /^([\d,]+ (person|people|users?|phones?)( [\w ,:]+)?\n)?$/;

/** Runs a command that must succeed, and returns its output in lines. */
export async function linesOf(args: readonly string[], input = ''): Promise<string[]> {
  const { code, stdout, stderr } = await run(args, input);
  expect(stderr).toMatch(SUMMARY);
  expect(code).toBe(0);
  return stdout.split('\n').slice(0, -1);
}

/** Runs a command with --json that must succeed, and returns its documents. */
export async function documentsOf(args: readonly string[], input = ''): Promise<unknown[]> {
  const { code, stdout, stderr } = await run([...args, '--json'], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line): unknown => JSON.parse(line));
}

/** Runs a command that must fail with one line, and returns its exit code and that line. */
export async function failureOf(
  args: readonly string[],
  input = '',
): Promise<[number | null, string]> {
  const { code, stderr } = await run(args, input);
  const [, line] = /^personguide: (.+)\n$/.exec(stderr) ?? [];
  if (line === undefined) throw new Error(`not one line on standard error: ${stderr}`);
  return [code, line];
}
