import { Command } from 'commander';
import { readConfig, settingOptions, type Config } from '../config.js';
import { startDirectory, type RunningDirectory } from '../server/run.js';

/** `personguide serve`: runs the directory until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the directory until SIGTERM or SIGINT; a second signal does not wait')
    .addHelpText(
      'after',
      `
Every setting is a flag or a variable; the flag wins. Log lines are JSON on standard output,
one per call; what happened at start and stop is told on standard error too.

Exit codes: 0 after it was stopped, 1 it cannot start, 2 a bad setting.

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
  const stopAsked = onceAsked();
  // Whoever read it may be gone when the server stops; it stops all the same.
  process.stderr.on('error', () => undefined);
  const directory = await startDirectory(config);
  process.stderr.write(banner(directory, config));
  await stopAsked(directory);
  await directory.stop();
  process.stderr.write('stopped\n');
}

/** Listens for signals from now on; what it returns resolves at the first one. */
function onceAsked(): (directory: RunningDirectory) => Promise<void> {
  let running: RunningDirectory | undefined;
  let asked = 0;
  const first = new Promise<void>((resolve) => {
    const ask = () => {
      asked += 1;
      if (asked > 1) running?.hurry();
      resolve();
    };
    process.on('SIGTERM', ask).on('SIGINT', ask);
  });
  return (directory) => {
    running = directory;
    return first;
  };
}

/** What `serve` says once it listens: where, and what to type next. */
export function banner(
  { addresses }: Pick<RunningDirectory, 'addresses'>,
  { store, demo, tlsCert }: Pick<Config, 'store' | 'demo' | 'tlsCert'>,
): string {
  // A certificate is for a name, and nobody connects to the address that means all of them.
  const first = (addresses[0] ?? '').replace(/^(0\.0\.0\.0|\[::\]):/, 'localhost:');
  const address = tlsCert === undefined ? first : `${first} --tls-ca ${tlsCert}`;
  const curl =
    tlsCert === undefined
      ? `--http2-prior-knowledge -d '{"id": 1}' http://${first}`
      : `--cacert ${tlsCert} -d '{"id": 1}' https://${first}`;
  const example = demo ? 'list "my adress"' : 'list';
  return `PersonGuide listens on ${addresses.join(' and ')}; people and users are kept in ${store}.
Try, in another terminal:
  npx personguide ${example} --address ${address}
  npx personguide phone 1 --address ${address}
  npx buf curl --protocol grpc ${curl}/personguide.PersonGuide/GetPhone
Stop with Ctrl+C.
`;
}
