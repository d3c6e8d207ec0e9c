import { Command, Option } from 'commander';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { countOf, userView } from './format.js';
import { limitOption, take } from './limit.js';
import { parseLookupKey, type LookupKey } from './lookup-key.js';
import { withSession } from './session.js';
import { Tally } from './tally.js';
import { userEditCommand, userOptions, userRmCommand } from './user-change.js';

interface AddOptions extends ClientOptions {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly homeAddress?: string;
  readonly verified?: true;
}

interface ListOptions extends ClientOptions {
  readonly query?: string;
  readonly verified?: true;
  readonly unverified?: true;
  readonly limit?: number;
}

/** `personguide user`: adds, lists, finds, changes and deletes users. */
export function userCommand(): Command {
  return new Command('user')
    .description('add, list, find, change and delete users')
    .addHelpText('after', '\nExample:\n  personguide user add --first-name John --last-name Doe')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(findCommand())
    .addCommand(userEditCommand())
    .addCommand(userRmCommand());
}

function addCommand(): Command {
  return clientCommand('add', {
    description: 'add a user and show it with its id; a user has at least one of the two names',
    examples: [
      'personguide user add --first-name John --last-name Doe --email john@example.com --verified',
    ],
    options: [...userOptions(), new Option('--verified', 'mark the user as verified')],
  }).action((options: AddOptions) =>
    withSession(options, async ({ directory, call, printAll }) => {
      const { firstName, lastName, email = '', homeAddress = '', verified = false } = options;
      if (firstName === undefined && lastName === undefined) {
        throw new CliError(exitCode.usage, 'a user needs --first-name or --last-name');
      }
      const request = UserRequest.fromPartial({
        firstName: firstName ?? '',
        lastName: lastName ?? '',
        email,
        address: homeAddress,
        verified,
      });
      const { user } = await directory.users.addUser(request, call);
      await printAll(userView, [user ?? request]);
    }),
  );
}

function listCommand(): Command {
  return clientCommand('list', {
    description: 'list users by id: all, or only the verified or unverified ones',
    examples: ['personguide user list --unverified', 'personguide user list --query ada'],
    options: [
      new Option('--query <words>', 'only users whose names or email contain all these words'),
      new Option('--verified', 'only verified users').conflicts('unverified'),
      new Option('--unverified', 'only unverified users'),
      limitOption('users'),
    ],
  }).action((options: ListOptions) =>
    withSession(options, async ({ directory, call, printAll, summary }) => {
      const { query = '', limit } = options;
      const users = directory.users.allPages(
        {
          query,
          pageSize: 1000,
          ...(isFiltered(options) && { verified: options.verified ?? false }),
        },
        call,
      );
      const shown = new Tally(take(users, limit));
      await printAll(userView, shown);
      summary(countOf(shown.count, 'user', 'users'));
    }),
  );
}

function isFiltered({ verified, unverified }: ListOptions): boolean {
  return verified === true || unverified === true;
}

function findCommand(): Command {
  return clientCommand('find', {
    description: 'show a user',
    examples: ['personguide user find john@example.com'],
  })
    .argument('<ID|EMAIL>', 'the user', parseLookupKey)
    .action((key: LookupKey, options: ClientOptions) =>
      withSession(options, async ({ directory, call, printAll }) => {
        const request =
          'id' in key
            ? ({ $case: 'id', value: key.id } as const)
            : ({ $case: 'email', value: key.email } as const);
        await printAll(userView, [await directory.users.findUser({ key: request }, call)]);
      }),
    );
}
