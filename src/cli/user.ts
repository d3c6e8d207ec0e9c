import { Command, Option } from 'commander';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { userLine } from './format.js';
import { parseLookupKey, type LookupKey } from './lookup-key.js';
import { withSession } from './session.js';

interface AddOptions extends ClientOptions {
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly homeAddress?: string;
  readonly verified?: true;
}

interface ListOptions extends ClientOptions {
  readonly verified?: true;
  readonly unverified?: true;
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
    description: 'add a user and show it with its id',
    examples: [
      'personguide user add --first-name John --last-name Doe --email john@example.com --verified',
    ],
    options: [
      new Option('--first-name <name>', 'first name').makeOptionMandatory(),
      new Option('--last-name <name>', 'last name').makeOptionMandatory(),
      new Option('--email <email>', 'email, unique among users'),
      new Option('--home-address <text>', 'address of the user (--address is that of the server)'),
      new Option('--verified', 'mark the user as verified'),
    ],
  }).action((options: AddOptions) =>
    withSession(options, async ({ directory, call, print }) => {
      const { firstName, lastName, email = '', homeAddress = '', verified = false } = options;
      const request = { firstName, lastName, email, address: homeAddress, verified };
      const { user } = await directory.users.addUser(request, call);
      await print(UserRequest, user ?? UserRequest.fromPartial(request), userLine);
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
    ],
  }).action((options: ListOptions) =>
    withSession(options, async ({ directory, call, print }) => {
      const lists = await Promise.all(
        [true, false]
          .filter((verified) => (verified ? !options.unverified : !options.verified))
          .map((verified) => directory.users.getUser({ verified }, call)),
      );
      const users = lists.flatMap((list) => list.users).sort((a, b) => a.id - b.id);
      for (const user of users) await print(UserRequest, user, userLine);
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
      withSession(options, async ({ directory, call, print }) => {
        const request =
          'id' in key
            ? ({ $case: 'id', value: key.id } as const)
            : ({ $case: 'email', value: key.email } as const);
        await print(UserRequest, await directory.users.findUser({ key: request }, call), userLine);
      }),
    );
}
