import type { Command } from 'commander';
import { Person } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personLine } from './format.js';
import { PEOPLE_FILE_HELP } from './people-file.js';
import { sendPeople } from './send-people.js';
import { withSession } from './session.js';

/** `personguide record`: creates or replaces the people of a file, all or none. */
export function recordCommand(): Command {
  return clientCommand('record', 'Record the people of a file: all of them, or none.', [
    'personguide record people.json',
    `echo '{"name":"Ann","phones":[{"number":"555","type":"HOME"}]}' | personguide record -`,
  ])
    .argument('<FILE>', PEOPLE_FILE_HELP)
    .action((path: string, options: ClientOptions) =>
      withSession(options, async (session) => {
        const { directory, call, print } = session;
        const book = await sendPeople(path, session, (people) =>
          directory.people.recordPersons(people, { timeoutMs: Infinity, ...call }),
        );
        for (const person of book.people) await print(Person, person, personLine);
      }),
    );
}
