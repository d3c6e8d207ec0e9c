import type { Command } from 'commander';
import { companionCommand } from '../companion-command.js';
import { startWithLog } from '../serve.js';
import { greeterConversation } from './conversation.js';
import { greeterServices } from './greeter.js';

/** `example greeter` and `example greeter serve` */
export function greeterCommand(): Command {
  return companionCommand({
    name: 'greeter',
    summary: 'says hello, and shows what fails when a method or a server is missing',
    converse: greeterConversation,
    listen: '127.0.0.1:50051',
    start: (flags) => startWithLog({ ...flags, services: greeterServices() }),
    example: 'serve --listen 127.0.0.1:50051',
  });
}
