import { closeSync, openSync } from 'node:fs';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../src/test-support/free-port.js';
import { watchChild } from '../../src/test-support/child.js';
import { connect } from '../../src/index.js';
import { CORE_COUNT, PINNED } from './processes.js';
import type { Workspace } from './servers.js';
import { spread } from './statistics.js';

const PROGRAM = resolve(__dirname, '../../src/main.js');
const LOAD = join(__dirname, 'workers-load.js');
const CASES = ['GetPhone', 'AddUser'];

/** How long a server may take to start. */
const START_MS = 30_000;

const run = promisify(execFile);
let runs = 0;

/**
 * Compares one process with as many as there are cores (`serve --processes`), on a SQLite file; the
 * clients share the cores. Resolves with a table in Markdown.
 */
export async function measureWorkers(
  { directory }: Workspace,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<string> {
  // The run is pinned to one core, and its children would be, too.
  if (PINNED) spawnSync('taskset', ['-apc', `0-${CORE_COUNT - 1}`, String(process.pid)]);
  const most = Math.max(2, CORE_COUNT);
  const rows = ['| case | processes | calls/s, median | against one |', '|---|---|---|---|'];
  for (const name of CASES) {
    const one: number[] = [];
    const several: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      one.push(await rateOf(directory, name, 1, seconds));
      several.push(await rateOf(directory, name, most, seconds));
    }
    const [base, rate] = [spread(one).median, spread(several).median];
    rows.push(`| ${name} | 1 | ${Math.round(base)} | 1 |`);
    rows.push(`| ${name} | ${most} | ${Math.round(rate)} | ${(rate / base).toFixed(2)} |`);
  }
  return rows.join('\n');
}

/** Calls per second of two loading clients together, on a new store. */
async function rateOf(
  directory: string,
  name: string,
  processes: number,
  seconds: number,
): Promise<number> {
  runs += 1;
  const port = await freePort();
  const args = ['serve', '--demo', '--listen', `127.0.0.1:${port}`];
  const store = ['--store', join(directory, `workers-${runs}.db`)];
  const log = openSync(join(directory, `workers-${runs}.log`), 'w');
  const child = spawn(
    process.execPath,
    [PROGRAM, ...args, ...store, '--processes', String(processes)],
    { stdio: ['ignore', log, 'inherit'] },
  );
  closeSync(log);
  await using server = watchChild(child);
  await using client = connect(`127.0.0.1:${port}`);
  await client.waitForReady({ untilTimeout: true, timeoutMs: START_MS });
  await client.health();
  const loads = ['a', 'b'].map((prefix) =>
    run(process.execPath, [LOAD, String(port), name, String(seconds), prefix]),
  );
  const rates = (await Promise.all(loads)).map(({ stdout }) => Number(stdout));
  await server.kill('SIGTERM');
  return rates.reduce((sum, rate) => sum + rate, 0);
}
