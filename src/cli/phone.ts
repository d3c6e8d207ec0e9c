import type { Command } from 'commander';
import { clientCommand, type ClientOptions } from './client-command.js';
import { phoneLine, phoneView } from './format.js';
import { parseLookupKey, type LookupKey } from './lookup-key.js';
import { withSession } from './session.js';

/** `personguide phone`: shows the first phone of a person. */
export function phoneCommand(): Command {
  return clientCommand('phone', {
    description: 'show the first phone of a person',
    examples: ['personguide phone 1', 'personguide phone juan@gmail.com --json'],
  })
    .argument('<ID|EMAIL>', 'the person', parseLookupKey)
    .action((key: LookupKey, options: ClientOptions) =>
      withSession(options, async ({ directory, call, print }) => {
        const phone = await directory.people.getPhone(key, call);
        await print(phoneView.json(phone), phoneLine(phone));
      }),
    );
}
