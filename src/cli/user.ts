import { Command, Option } from 'commander';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { countOf, userView } from './format.js';
import { limitOption } from './limit.js';
import { parseLookupKey, type LookupKey } from './lookup-key.js';
import { withSession } from './session.js';

interface AddOptions extends ClientOptions {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly homeAddress?: string;
  readonly verified?: true;
}

interface ListOptions extends ClientOptions {
  readonly verified?: true;
  readonly unverified?: true;
  readonly limit?: number;
}

/** `personguide user`: adds, lists and finds users. */
export function userCommand(): Command {
  return new Command('user')
    .description('add, list and find users')
    .addHelpText('after', '\nExample:\n  personguide user add --first-name John --last-name Doe')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(findCommand());
}

function addCommand(): Command {
  return clientCommand('add', {
    description: 'add a user and show it with its id; a user has at least one of the two names',
    examples: [
      'personguide user add --first-name John --last-name Doe --email john@example.com --verified',
    ],
    options: [
      new Option('--first-name <name>', 'first name'),
      new Option('--last-name <name>', 'last name'),
      new Option('--email <email>', 'email, unique among users'),
      new Option('--home-address <text>', 'address of the user (--address is that of the server)'),
      new Option('--verified', 'mark the user as verified'),
    ],
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
    examples: ['personguide user list --unverified'],
    options: [
      new Option('--verified', 'only verified users').conflicts('unverified'),
      new Option('--unverified', 'only unverified users'),
      limitOption('users'),
    ],
  }).action((options: ListOptions) =>
    withSession(options, async ({ directory, call, printAll, summary }) => {
      const lists = await Promise.all(
        [true, false]
          .filter((verified) => (verified ? !options.unverified : !options.verified))
          .map((verified) => directory.users.getUser({ verified }, call)),
      );
      const users = lists.flatMap((list) => list.users).sort((a, b) => a.id - b.id);
      const shown = users.slice(0, options.limit);
      await printAll(userView, shown);
      summary(countOf(shown.length, 'user', 'users'));
    }),
  );
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
