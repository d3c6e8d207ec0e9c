import { Option, type Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, personView } from './format.js';
import type { CallOptions, Directory, Person } from '../index.js';
import { limitOption, take } from './limit.js';
import { startProgress, transferStream } from './progress.js';
import { withSession } from './session.js';

interface ListOptions extends ClientOptions {
  readonly limit?: number;
  readonly order?: (typeof orders)[number];
  readonly label?: string;
  readonly deleted?: true;
}

const orders = ['id', 'name', 'last-updated'] as const;

/** `personguide list`: lists the people at an address, or everyone. */
export function listCommand(): Command {
  return clientCommand('list', {
    description: 'list the people at an address, or everyone',
    examples: [
      "personguide list 'my adress'",
      'personguide list --limit 20',
      'personguide list --order name --label friend',
      'personguide list --json > people.jsonl',
    ],
    options: [
      new Option(
        '--order <order>',
        'by id, by name, or the latest change first (default: id)',
      ).choices(orders),
      new Option('--label <label>', 'only people with this label'),
      new Option('--deleted', 'deleted people as well'),
      limitOption('people'),
    ],
  })
    .argument('[ADDRESS]', 'name of the address, in upper or lower case')
    .action((name: string | undefined, options: ListOptions) =>
      withSession(options, async ({ directory, call, printAll, summary, onInterrupt }) => {
        const progress = startProgress(transferStream(), 'people listed');
        const listed = (): string => countOf(progress.count, 'person', 'people');
        onInterrupt(() => `${listed()} listed, and there may be more`);
        const people = listedPeople(directory, name ?? '', options, call);
        try {
          await printAll(personView, progress.counted(take(people, options.limit)));
        } finally {
          progress.end();
        }
        summary(listed());
      }),
    );
}

/** One call lists everyone by id; pages are in any order. */
function listedPeople(
  { people }: Directory,
  address: string,
  { order, label = '', deleted }: ListOptions,
  call: CallOptions,
): AsyncIterable<Person> {
  if (order === undefined && label === '' && deleted === undefined) {
    return people.listPersons({ name: address }, call);
  }
  const showDeleted = deleted ?? false;
  return people.allPages({ order, address, label, showDeleted, pageSize: 1000 }, call);
}
