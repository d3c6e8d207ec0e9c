import type { Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personView } from './format.js';
import { personOfFlags, personOptions, type PersonFlags } from './person-options.js';
import { withSession } from './session.js';

/** `personguide add`: creates a person. */
export function addCommand(): Command {
  return clientCommand('add', {
    summary: 'add a person',
    description: 'add a person and show it with its id',
    examples: [
      "personguide add 'Ana García' --email ana@example.com --phone '+54 11 4321-0000 work'",
      "personguide add Bob --at 'my adress' --label friend",
    ],
    options: personOptions(),
  })
    .argument('<NAME>', 'the name')
    .action((name: string, options: ClientOptions & PersonFlags) =>
      withSession(options, async ({ directory, call, printAll }) => {
        const person = personOfFlags({ ...options, name });
        const response = await directory.people.createPerson({ person }, call);
        await printAll(personView, [response.person]);
      }),
    );
}
