import type { Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, personView } from './format.js';
import { limitOption, take } from './limit.js';
import { startProgress, transferStream } from './progress.js';
import { withSession } from './session.js';

interface ListOptions extends ClientOptions {
  readonly limit?: number;
}

/** `personguide list`: lists the people at an address, or everyone. */
export function listCommand(): Command {
  return clientCommand('list', {
    description: 'list the people at an address, or everyone, by id',
    examples: [
      "personguide list 'my adress'",
      'personguide list --limit 20',
      'personguide list --json > people.jsonl',
    ],
    options: [limitOption('people')],
  })
    .argument('[ADDRESS]', 'name of the address, in upper or lower case')
    .action((name: string | undefined, options: ListOptions) =>
      withSession(options, async ({ directory, call, printAll, summary, onInterrupt }) => {
        const progress = startProgress(transferStream(), 'people listed');
        const listed = (): string => countOf(progress.count, 'person', 'people');
        onInterrupt(() => `${listed()} listed, and there may be more`);
        const people = directory.people.listPersons({ name: name ?? '' }, call);
        try {
          await printAll(personView, progress.counted(take(people, options.limit)));
        } finally {
          progress.end();
        }
        summary(listed());
      }),
    );
}
