import type { Command } from 'commander';
import { PhoneNumber } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { phoneLine } from './format.js';
import { PEOPLE_FILE, PEOPLE_FILE_NOTE } from './people-file.js';
import { sendPeople } from './send-people.js';
import { withSession } from './session.js';

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
        sendPeople(path, session, async (people) => {
          const { directory, call, print } = session;
          for await (const phone of directory.people.routePhones(people, call)) {
            await print(PhoneNumber, phone, phoneLine);
          }
        }),
      ),
    );
}
