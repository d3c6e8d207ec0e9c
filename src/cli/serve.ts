import { Command } from 'commander';
import { readConfig, unknownVariables, type Config } from '../config.js';
import { runDirectory } from '../server/run.js';
import type { RunningProcesses } from '../server/processes/primary.js';
import { banner } from './banner.js';
import { settingOptions } from './setting-options.js';
import { warn } from './warn.js';

/** `personguide serve`: runs the server until SIGTERM, SIGINT or SIGHUP. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the server until SIGTERM, SIGINT or SIGHUP; a second signal ends open calls')
    .addHelpText(
      'after',
      `
Every setting has a flag and a variable; the flag takes precedence. Standard output has the log: one
JSON line per call. On a terminal, standard error has the addresses and commands to try.

Exit codes: 0 stopped by a signal, 1 the server cannot start, 2 invalid setting.

Example:
  personguide serve --demo --listen 127.0.0.1:50051 --store people.db`,
    )
    .action(async (flags: Record<string, unknown>) => {
      await serve(readConfig(flags));
    });
  for (const option of settingOptions()) command.addOption(option);
  return command;
}

async function serve(config: Config): Promise<void> {
  const waitForSignal = listenForSignals();
  // The reader of standard error may exit before the server stops; that must not end the server.
  process.stderr.on('error', () => undefined);
  if (config.logLevel !== 'silent') unknownVariables().forEach(warn);
  const directory = await run(config);
  // The log has the same for programs.
  const isShown = process.stderr.isTTY && config.logLevel !== 'silent';
  if (isShown) process.stderr.write(banner(directory.addresses, config));
  const { failed = never } = directory;
  await Promise.race([waitForSignal(directory), failed]);
  await directory.stop();
  if (isShown) process.stderr.write('stopped\n');
}

type Running = Omit<RunningProcesses, 'failed'> & Partial<Pick<RunningProcesses, 'failed'>>;

const never = new Promise<never>(() => undefined);

async function run(config: Config): Promise<Running> {
  if (config.processes === 1) return runDirectory(config);
  const { runProcesses } = await import('../server/processes/primary.js');
  return runProcesses(config);
}

/**
 * Listens for signals from now on, also while the server starts. The returned function resolves at
 * the first one; the second one ends the grace period of the directory that it was called with.
 */
function listenForSignals(): (directory: Running) => Promise<void> {
  let running: Running | undefined;
  let signals = 0;
  const first = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) running?.stopNow();
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
  return (directory) => {
    running = directory;
    return first;
  };
}
