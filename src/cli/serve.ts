import { Command } from 'commander';
import { readConfig, type Config } from '../config.js';
import { runDirectory, type RunningDirectory } from '../server/run.js';
import { settingOptions } from './setting-options.js';
import { redactedStoreUrl } from '../store/redacted-url.js';

/** `personguide serve`: runs the server until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the server until SIGTERM or SIGINT; a second signal ends open calls')
    .addHelpText(
      'after',
      `
Every setting has a flag and a variable; the flag takes precedence. Standard output has the log: one
JSON line per call. Start and stop are also reported on standard error.

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
  const directory = await runDirectory(config);
  process.stderr.write(banner(directory, config));
  await waitForSignal(directory);
  await directory.stop();
  process.stderr.write('stopped\n');
}

/**
 * Listens for signals from now on, also while the server starts. The returned function resolves at
 * the first one; the second one ends the grace period of the directory that it was called with.
 */
function listenForSignals(): (directory: RunningDirectory) => Promise<void> {
  let running: RunningDirectory | undefined;
  let signals = 0;
  const first = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) running?.stopNow();
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
  return (directory) => {
    running = directory;
    return first;
  };
}

/** What `serve` prints when it listens: the addresses, and commands to try. */
export function banner(
  { addresses }: Pick<RunningDirectory, 'addresses'>,
  { store, demo, tls }: Pick<Config, 'store' | 'demo' | 'tls'>,
): string {
  // Certificates are issued for names, and clients cannot connect to the unspecified address.
  const first = (addresses[0] ?? '').replace(/^(0\.0\.0\.0|\[::\]):/, 'localhost:');
  const address = tls === undefined ? first : `${first} --tls-ca ${tls.cert}`;
  const curl =
    tls === undefined
      ? `--http2-prior-knowledge -d '{"id": 1}' http://${first}`
      : `--cacert ${tls.cert} -d '{"id": 1}' https://${first}`;
  const example = demo ? 'list "my adress"' : 'list';
  return `PersonGuide listens on ${addresses.join(' and ')} and keeps people and users in ${redactedStoreUrl(store)}.
Try in another terminal:
  npx personguide ${example} --address ${address}
  npx personguide phone 1 --address ${address}
  npx buf curl --protocol grpc ${curl}/personguide.PersonGuide/GetPhone
Stop with Ctrl+C.
`;
}
