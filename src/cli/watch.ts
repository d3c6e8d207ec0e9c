import { Option, type Command } from 'commander';
import { toJson, type PeopleEvent } from '../index.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { personView, phoneText } from './format.js';
import { oneLine } from './one-line.js';
import { withSession, type Session } from './session.js';
import { warn } from './warn.js';

interface WatchOptions extends ClientOptions {
  readonly snapshot?: true;
  readonly from?: string;
  readonly at?: string;
  readonly label?: string;
}

/** `personguide watch`: shows changes of people as they are made. */
export function watchCommand(): Command {
  return clientCommand('watch', {
    summary: 'show changes of people as they are made',
    description:
      'show changes of people as they are made, until Ctrl+C, which also shows how to go on ' +
      'from there. Goes on by itself when the connection is lost or the server restarts.',
    examples: [
      'personguide watch',
      'personguide watch --snapshot --label friend --json',
      "personguide watch --at 'my adress' --from TOKEN",
    ],
    options: [
      new Option('--snapshot', 'begin with everyone who matches').conflicts('from'),
      new Option('--from <token>', 'go on after an earlier watch with the same filters'),
      ...filterOptions(),
    ],
  }).action(({ snapshot, from, at, label, ...options }: WatchOptions) =>
    withSession(options, async (session) => {
      const { directory, call, summary, onInterrupt } = session;
      const start = snapshot === true ? 'snapshot' : 'now';
      const events = directory.people.watch({
        from: from === undefined ? start : { token: from },
        address: at,
        label,
        signal: call.signal,
        onRetry: (error, delayMs) => {
          warn(`${oneLine(error.message)}; the next attempt is in ${Math.ceil(delayMs / 1000)} s`);
        },
      });
      let token = from;
      onInterrupt(() => (token === undefined ? '' : `go on with --from ${token}`));
      for await (const event of events) {
        if (token === undefined) summary('watching; Ctrl+C ends it');
        await show(event, session);
        token = event.token;
      }
    }),
  );
}

/** The options that select people. */
export function filterOptions(): Option[] {
  return [
    new Option('--at <name>', 'only people with an address of this name'),
    new Option('--label <label>', 'only people with this label'),
  ];
}

async function show(event: PeopleEvent, { json, print, heading }: Session): Promise<void> {
  const { people, deletedIds, snapshotComplete } = event;
  if (json) {
    await print({ ...event, people: people.map((person) => toJson(person)) }, '');
    return;
  }
  if (event.reset) await heading('the token was too old: everyone comes again');
  for (const person of people) {
    const { id, name, email, phones } = person;
    const parts = [name, email, ...phones.map(phoneText)].filter((part) => part !== '');
    await print(personView.json(person), `${String(id).padStart(8)}  ${oneLine(parts.join('  '))}`);
  }
  for (const id of deletedIds) await heading(`${String(id).padStart(8)}  (deleted)`);
  if (snapshotComplete) await heading('that is everyone; changes follow');
}
