import { Option, type Command } from 'commander';
import { startDirectory } from 'personguide/server';
import { companionCommand } from '../companion-command.js';
import type { ServeOptions } from '../serve.js';

interface Flags extends ServeOptions {
  readonly store: string;
}

/** The command `example directory serve`: the directory that the orders example starts. */
export function directoryCommand(): Command {
  return companionCommand<Flags>({
    name: 'directory',
    summary: 'the directory of the customers; see orders',
    listen: '127.0.0.1:8080',
    options: [
      new Option('--store <file>', 'database file, or :memory:').default('orders-directory.db'),
    ],
    start: ({ listen, store, insecure = false }) => startDirectory({ listen, store, insecure }),
    example: 'serve --listen 127.0.0.1:8080 --store orders-directory.db',
  });
}
