import type { Command } from 'commander';
import { toCliError } from './call-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, phoneView } from './format.js';
import { PEOPLE_FILE, PEOPLE_FILE_NOTE } from './people-file.js';
import { withPeople, type OpenPeople } from './send-people.js';
import { withSession, type Session } from './session.js';
import { Tally } from './tally.js';

/** `personguide route`: shows the phones of each person in a file, in order. */
export function routeCommand(): Command {
  return clientCommand('route', {
    summary: 'show the phones of each person in a file',
    description:
      'show the phones of each person in a file: the recorded phones if the id or the email is ' +
      'recorded, otherwise those in the file',
    examples: ['personguide route people.jsonl', `echo '{"id":1}' | personguide route -`],
    note: PEOPLE_FILE_NOTE,
  })
    .argument('<FILE>', PEOPLE_FILE)
    .action((path: string, options: ClientOptions) =>
      withSession(options, (session) =>
        withPeople(path, session, 0, (people) => route(people, session)),
      ),
    );
}

async function route(people: OpenPeople, session: Session): Promise<void> {
  const { directory, call, printAll, summary, onInterrupt } = session;
  const phones = new Tally(directory.people.routePhones(people.items, call));
  const done = (): string => `${countOf(phones.count, 'phone', 'phones')} shown`;
  onInterrupt(() => `${done()}, and there may be more`);
  try {
    await printAll(phoneView, phones);
  } catch (error) {
    throw toCliError(error, { placeOf: people.placeOf, start: 0 });
  }
  summary(done());
}
