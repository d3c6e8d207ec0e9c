import type { Command } from 'commander';
import { PhoneNumber } from '../../gen/personguide/person_guide.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { phoneLine } from './format.js';
import { PEOPLE_FILE_HELP } from './people-file.js';
import { sendPeople } from './send-people.js';
import { withSession } from './session.js';

/** `personguide route`: the phones of each person of a file, in order. */
export function routeCommand(): Command {
  return clientCommand(
    'route',
    'Show the phones of each person of a file: the recorded ones of somebody whom the server\n' +
      'knows by id or email, else those in the file.',
    ['personguide route people.jsonl', 'echo \'{"id":1}\' | personguide route -'],
  )
    .argument('<FILE>', PEOPLE_FILE_HELP)
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
