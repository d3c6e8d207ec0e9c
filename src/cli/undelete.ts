import type { Command } from 'commander';
import type { Person } from '../index.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, personView } from './format.js';
import { parseIds } from './lookup-key.js';
import { Tally } from './tally.js';
import { withSession } from './session.js';

/** `personguide undelete`: brings deleted people back. */
export function undeleteCommand(): Command {
  return clientCommand('undelete', {
    summary: 'bring deleted people back',
    description: 'bring deleted people back as they were, and show them',
    examples: ['personguide undelete 7'],
  })
    .argument('<ID...>', 'the people', parseIds)
    .action((ids: readonly number[], options: ClientOptions) =>
      withSession(options, async ({ directory, call, printAll, summary, onInterrupt }) => {
        async function* undelete(): AsyncGenerator<Person> {
          for (const id of ids) {
            yield (await directory.people.undeletePerson({ id }, call)).person;
          }
        }
        const people = new Tally(undelete());
        const done = (): string => `${countOf(people.count, 'person', 'people')} brought back`;
        onInterrupt(done);
        await printAll(personView, people);
        summary(done());
      }),
    );
}
