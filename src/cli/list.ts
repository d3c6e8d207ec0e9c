import type { Command } from 'commander';
import { Person } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personLine } from './format.js';
import { withSession } from './session.js';

/** `personguide list`: lists the people at an address, or everyone. */
export function listCommand(): Command {
  return clientCommand('list', {
    description: 'list the people at an address, or everyone, by id',
    examples: ["personguide list 'my adress'", 'personguide list --json > people.jsonl'],
  })
    .argument('[ADDRESS]', 'name of the address, in upper or lower case')
    .action((name: string | undefined, options: ClientOptions) =>
      withSession(options, async ({ directory, call, print }) => {
        for await (const person of directory.people.listPersons({ name: name ?? '' }, call)) {
          await print(Person, person, personLine);
        }
      }),
    );
}
