import { Option, type Command } from 'commander';
import { RpcError, type AddressBook } from '../index.js';
import { batchesOf, type Batch } from './batches.js';
import { toCliError } from './call-error.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { countOf, personView } from './format.js';
import { parseNumber } from './limit.js';
import { PEOPLE_FILE, PEOPLE_FILE_NOTE } from './people-file.js';
import { RecordState } from './record-state.js';
import { withPeople, type OpenPeople } from './send-people.js';
import { withSession, type Session } from './session.js';
import { warn } from './warn.js';

interface RecordOptions extends ClientOptions {
  readonly skip: number;
}

/** `personguide record`: creates or replaces the people in a file, up to 10,000 in a call. */
export function recordCommand(): Command {
  return clientCommand('record', {
    summary: 'record the people in a file: all of them, or none',
    description:
      'record the people in a file: all of them, or none. A person with an id creates or replaces ' +
      'that id; a person without one gets the next free id. Shows the people as recorded. A file ' +
      'with more than 10,000 people or 16 MiB is recorded in batches; if one of them fails, the ' +
      'error shows how to continue.',
    examples: [
      'personguide record people.json',
      `echo '{"name":"Ann","phones":[{"number":"555","type":"HOME"}]}' | personguide record -`,
      'personguide record --skip 20000 people.jsonl',
    ],
    note: PEOPLE_FILE_NOTE,
    options: [
      new Option('--skip <number>', 'do not record that many people at the start of the file')
        .argParser(parseNumber)
        .default(0, '0'),
    ],
  })
    .argument('<FILE>', PEOPLE_FILE)
    .action((path: string, options: RecordOptions) =>
      withSession(options, (session) =>
        withPeople(path, session, options.skip, (people) => record(people, options.skip, session)),
      ),
    );
}

async function record(people: OpenPeople, skip: number, session: Session): Promise<void> {
  const state = new RecordState(skip, () => session.isConnected());
  session.onInterrupt(() => state.describe());
  for (const batch of batchesOf(people.items)) {
    state.begin(batch);
    const book = await recordBatch(batch, people, skip, state, session);
    const only = batch.last && batch.start === 0;
    state.finish();
    // The server bounds its response, but not what it records.
    const isShown = only || session.json;
    if (book.truncated && isShown) warn(`the server returned only ${returnedText(book, batch)}`);
    await show(book, only ? undefined : state.batchText(batch), session);
  }
  session.summary(`${countOf(state.recorded, 'person', 'people')} recorded`);
}

function returnedText({ people }: AddressBook, { count }: Batch): string {
  return `the first ${people.length.toLocaleString('en')} of ${countOf(count, 'person', 'people')} recorded`;
}

async function recordBatch(
  batch: Batch,
  people: OpenPeople,
  skip: number,
  state: RecordState,
  { directory, call }: Session,
): Promise<AddressBook> {
  try {
    return await directory.people.recordPersons(batch.people, { timeoutMs: Infinity, ...call });
  } catch (error) {
    const failure = toCliError(error, { placeOf: people.placeOf, start: skip + batch.start });
    if (!(failure instanceof CliError)) throw failure;
    const consequence = state.consequenceOf(error instanceof RpcError ? error.codeName : undefined);
    if (consequence === undefined) throw failure;
    throw new CliError(failure.code, `${failure.message}; ${consequence}`, { cause: error });
  }
}

/** Shows the people of the only batch; of several batches each is a line, unless JSON is printed. */
async function show(
  book: AddressBook,
  batchText: string | undefined,
  { json, heading, printAll }: Session,
): Promise<void> {
  if (batchText === undefined || json) await printAll(personView, book.people);
  else await heading(batchText);
}
