import type { Command } from 'commander';
import { toJson, type PersonMatch } from '../index.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, personView, type View } from './format.js';
import { limitOption, take } from './limit.js';
import { withSession } from './session.js';
import { Tally } from './tally.js';

interface SearchOptions extends ClientOptions {
  readonly limit: number;
}

/** A page of a search has at most so many people. */
const MAX_PAGE_SIZE = 100;
const DEFAULT_LIMIT = 20;

const matchView: View<PersonMatch> = {
  columns: [
    ...personView.columns.map(({ text, ...column }) => ({
      ...column,
      color: () => undefined,
      text: ({ person }: PersonMatch) => (person === undefined ? '' : text(person)),
    })),
    { header: 'MATCHES', text: ({ field }) => field },
  ],
  json: ({ person, score, field }) => ({
    person: person === undefined ? undefined : toJson(person),
    score,
    field,
  }),
};

/** `personguide search`: finds people by words. */
export function searchCommand(): Command {
  return clientCommand('search', {
    summary: 'find people by words of their name, email, organization or phone',
    description:
      'find people by words of their name, email, organization or phone, the best match first. ' +
      'Words may be in any order, begun, in the middle of others, without accents, or misspelt.',
    examples: ['personguide search gab garcia', "personguide search '4321 0000' --json"],
    options: [limitOption('people').default(DEFAULT_LIMIT)],
  })
    .argument('<WORD...>', 'what to look for')
    .action((words: readonly string[], { limit, ...options }: SearchOptions) =>
      withSession(options, async ({ directory, call, printAll, summary }) => {
        const search = { query: words.join(' '), pageSize: Math.min(limit, MAX_PAGE_SIZE) };
        const matches = new Tally(take(directory.people.allMatches(search, call), limit));
        await printAll(matchView, matches);
        summary(countOf(matches.count, 'person', 'people'));
      }),
    );
}
