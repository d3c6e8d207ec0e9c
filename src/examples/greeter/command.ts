import type { Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { startWithLog } from '../serve.js';
import { greeterConversation } from './conversation.js';
import { greeterServices } from './greeter.js';

/** The commands `example greeter` and `example greeter serve`. */
export function greeterCommand(): Command {
  return companionCommand({
    name: 'greeter',
    summary: 'greets by name; shows the errors of a missing method and a missing server',
    converse: greeterConversation,
    listen: '127.0.0.1:50051',
    start: (flags) => startWithLog({ ...flags, services: greeterServices() }),
    example: 'serve --listen 127.0.0.1:50051',
  });
}
