import { Option, type Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { usageError } from './file-source.js';
import { personView } from './format.js';
import { parseId } from './lookup-key.js';
import { personOfFlags, personOptions, type PersonFlags } from './person-options.js';
import { withSession } from './session.js';

interface EditOptions extends ClientOptions, PersonFlags {
  readonly etag?: string;
}

/** `personguide edit`: changes fields of a person. */
export function editCommand(): Command {
  return clientCommand('edit', {
    summary: 'change fields of a person',
    description:
      'change fields of a person and show it. Only the given fields change; an empty text removes ' +
      'what a field has, and a list such as the phones is replaced as a whole.',
    examples: [
      "personguide edit 7 --title CEO --phone '555 0100 work' --phone '555 0101 home'",
      "personguide edit 7 --email ''",
    ],
    options: [new Option('--name <name>', 'the name'), ...personOptions(), etagOption()],
  })
    .argument('<ID>', 'the person', parseId)
    .action((id: number, options: EditOptions) =>
      withSession(options, async ({ directory, call, printAll }) => {
        const fields = personOfFlags(options);
        const updateMask = Object.keys(fields).filter((field) => field !== 'id');
        if (updateMask.length === 0) throw usageError('name a field to change, such as --email');
        const person = { ...fields, id, etag: options.etag ?? '' };
        const response = await directory.people.updatePerson({ person, updateMask }, call);
        await printAll(personView, [response.person]);
      }),
    );
}

/** The option `--etag`; the command shows the current one with `--json`. */
export function etagOption(command = 'get'): Option {
  return new Option('--etag <etag>', `only if this is the current etag (see ${command} --json)`);
}
