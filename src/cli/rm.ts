import type { Command } from 'commander';
import type { Person } from '../index.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { etagOption } from './edit.js';
import { usageError } from './file-source.js';
import { countOf, personView } from './format.js';
import { parseIds } from './lookup-key.js';
import { Tally } from './tally.js';
import { withSession } from './session.js';

interface RemoveOptions extends ClientOptions {
  readonly etag?: string;
}

/** `personguide rm`: deletes people. */
export function rmCommand(): Command {
  return clientCommand('rm', {
    summary: 'delete people',
    description:
      'delete people and show them. They are kept for 30 days, if the server has no other time; ' +
      'personguide undelete brings them back until then.',
    examples: ['personguide rm 7', 'personguide rm 7 8 9'],
    options: [etagOption()],
  })
    .argument('<ID...>', 'the people', parseIds)
    .action((ids: readonly number[], { etag = '', ...options }: RemoveOptions) =>
      withSession(options, async ({ directory, call, printAll, summary, onInterrupt }) => {
        if (etag !== '' && ids.length > 1) throw usageError('--etag is for one person');
        async function* remove(): AsyncGenerator<Person> {
          for (const id of ids) {
            const { person } = await directory.people.deletePerson({ id, etag }, call);
            if (person !== undefined) yield person;
          }
        }
        const deleted = new Tally(remove());
        const done = (): string => `${countOf(deleted.count, 'person', 'people')} deleted`;
        onInterrupt(done);
        await printAll(personView, deleted);
        summary(done());
      }),
    );
}
