import { Option, type Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { etagOption } from './edit.js';
import { usageError } from './file-source.js';
import { userView } from './format.js';
import { parseId } from './lookup-key.js';
import { withSession } from './session.js';

interface EditOptions extends ClientOptions {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly homeAddress?: string;
  readonly verified?: true;
  readonly unverified?: true;
  readonly etag?: string;
}

interface RemoveOptions extends ClientOptions {
  readonly etag?: string;
}

/** The options for the texts of a user. */
export function userOptions(): Option[] {
  return [
    new Option('--first-name <name>', 'first name'),
    new Option('--last-name <name>', 'last name'),
    new Option('--email <email>', 'email, unique among users'),
    new Option('--home-address <text>', 'address of the user (--address is that of the server)'),
  ];
}

/** `personguide user edit`: changes fields of a user. */
export function userEditCommand(): Command {
  return clientCommand('edit', {
    summary: 'change fields of a user',
    description:
      'change fields of a user and show it. Only the given fields change; an empty text removes ' +
      'what a field has.',
    examples: ['personguide user edit 1 --email ada@example.com --verified'],
    options: [
      ...userOptions(),
      new Option('--verified', 'mark the user as verified').conflicts('unverified'),
      new Option('--unverified', 'mark the user as unverified'),
      etagOption('user find'),
    ],
  })
    .argument('<ID>', 'the user', parseId)
    .action((id: number, options: EditOptions) =>
      withSession(options, async ({ directory, call, printAll }) => {
        const fields = changedFields(options);
        const updateMask = Object.keys(fields);
        if (updateMask.length === 0) throw usageError('name a field to change, such as --email');
        const user = { ...fields, id, etag: options.etag ?? '' };
        const response = await directory.users.updateUser({ user, updateMask }, call);
        await printAll(userView, [response.user]);
      }),
    );
}

function changedFields({
  firstName,
  lastName,
  email,
  homeAddress,
  verified,
  unverified,
}: EditOptions): Record<string, string | boolean> {
  return {
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    ...(email !== undefined && { email }),
    ...(homeAddress !== undefined && { address: homeAddress }),
    ...(verified === true && { verified }),
    ...(unverified === true && { verified: false }),
  };
}

/** `personguide user rm`: deletes a user. */
export function userRmCommand(): Command {
  return clientCommand('rm', {
    summary: 'delete a user',
    description: 'delete a user for good and show what it was; its email can then be used again',
    examples: ['personguide user rm 1'],
    options: [etagOption('user find')],
  })
    .argument('<ID>', 'the user', parseId)
    .action((id: number, { etag = '', ...options }: RemoveOptions) =>
      withSession(options, async ({ directory, call, printAll }) => {
        const { user } = await directory.users.deleteUser({ id, etag }, call);
        await printAll(userView, user === undefined ? [] : [user]);
      }),
    );
}
