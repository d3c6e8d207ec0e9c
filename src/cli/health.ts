import type { Command } from 'commander';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { withSession } from './session.js';

/** `personguide health`: whether a server, or one of its services, accepts calls. */
export function healthCommand(): Command {
  return clientCommand('health', {
    description: 'check whether the server accepts calls; if not, the exit code is 6',
    examples: ['personguide health', 'personguide health personguide.PersonGuide'],
  })
    .argument('[SERVICE]', 'a service, such as grpcUser.UserService; default: the whole server')
    .action((service: string | undefined, options: ClientOptions) =>
      withSession(options, async ({ directory, call, print, terminal }) => {
        const status = await directory.health(service ?? '', call);
        const color = status === 'SERVING' ? 'green' : 'red';
        await print({ status }, terminal.color[color](status));
        if (status !== 'SERVING') {
          throw new CliError(exitCode.unavailable, `the server is ${status}`);
        }
      }),
    );
}
