import type { Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { Failure } from './failure.js';
import { withSession } from './session.js';

/** `personguide health`: whether a server, or one of its services, takes calls. */
export function healthCommand(): Command {
  return clientCommand('health', {
    description: 'ask whether a server takes calls; if not, the exit code is 6',
    examples: ['personguide health', 'personguide health personguide.PersonGuide'],
  })
    .argument('[SERVICE]', 'one service, such as grpcUser.UserService; else the whole server')
    .action((service: string | undefined, options: ClientOptions) =>
      withSession(options, async ({ directory, call, print }) => {
        const status = await directory.health(service ?? '', call);
        await print({ toJSON: (status) => ({ status }) }, status, (status) => status);
        if (status !== 'SERVING') {
          throw new Failure(exitCode.unavailable, `the server is ${status}`);
        }
      }),
    );
}
