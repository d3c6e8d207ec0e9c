import type { Command } from 'commander';
import { Person } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personLine } from './format.js';
import { PEOPLE_FILE, PEOPLE_FILE_NOTE } from './people-file.js';
import { sendPeople } from './send-people.js';
import { withSession } from './session.js';

/** `personguide record`: creates or replaces the people in a file, all or none. */
export function recordCommand(): Command {
  return clientCommand('record', {
    summary: 'record the people in a file: all of them, or none',
    description:
      'record the people in a file: all of them, or none. A person with an id creates or replaces ' +
      'that id; a person without one gets the next free id. Shows the people as recorded.',
    examples: [
      'personguide record people.json',
      `echo '{"name":"Ann","phones":[{"number":"555","type":"HOME"}]}' | personguide record -`,
    ],
    note: PEOPLE_FILE_NOTE,
  })
    .argument('<FILE>', PEOPLE_FILE)
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
