import { Argument, Option, type Command } from 'commander';
import type { Person } from '../index.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { usageError } from './file-source.js';
import { personView, phoneText } from './format.js';
import { parsePersonLookupKey, type PersonLookupKey } from './lookup-key.js';
import { oneLine } from './one-line.js';
import { withSession } from './session.js';

interface GetOptions extends ClientOptions {
  readonly phone?: string;
  readonly externalId?: string;
  readonly deleted?: true;
}

/** `personguide get`: shows all fields of a person. */
export function getCommand(): Command {
  return clientCommand('get', {
    summary: 'show all fields of a person',
    description:
      'show all fields of a person; of several people with one email or phone, the one with the ' +
      'lowest id',
    examples: [
      'personguide get 1',
      'personguide get juan@gmail.com --json',
      "personguide get '+54 11 4321-0000'",
      'personguide get --external-id crm-17',
    ],
    options: [
      new Option('--phone <number>', 'look for a phone that could also be an id, such as 1234'),
      new Option('--external-id <id>', 'look for an id in another system').conflicts('phone'),
      new Option('--deleted', 'also look among the deleted people'),
    ],
  })
    .addArgument(new Argument('[ID|EMAIL|PHONE]', 'the person').argParser(parsePersonLookupKey))
    .action((key: PersonLookupKey | undefined, options: GetOptions) =>
      withSession(options, async ({ directory, call, print }) => {
        const request = { key: keyOf(key, options), showDeleted: options.deleted ?? false };
        const { person } = await directory.people.getPerson(request, call);
        await print(personView.json(person), detailsOf(person));
      }),
    );
}

function keyOf(
  key: PersonLookupKey | undefined,
  { phone, externalId }: GetOptions,
): PersonLookupKey | { externalId: string } {
  const keys = [
    ...(key === undefined ? [] : [key]),
    ...(phone === undefined ? [] : [{ phone }]),
    ...(externalId === undefined ? [] : [{ externalId }]),
  ];
  const [first, second] = keys;
  if (first !== undefined && second === undefined) return first;
  throw usageError('name one person: by id, email or phone, by --phone, or by --external-id');
}

/** A line for each field that has a value. */
function detailsOf(person: Person): string {
  const lines = [...detailLines(person)].filter(([, value]) => value !== '');
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}

function* detailLines(person: Person): Generator<[label: string, value: string]> {
  yield ['ID', String(person.id)];
  yield ['Name', oneLine(person.name)];
  yield ['Email', oneLine(person.email)];
  for (const { address, label } of person.emails) yield ['Email', oneLine(`${address} ${label}`)];
  for (const phone of person.phones) yield ['Phone', oneLine(phoneText(phone))];
  for (const { name, ...parts } of person.adresses) {
    const { street, locality, region, postalCode, country } = parts;
    const texts = [name, street, locality, region, postalCode, country];
    yield ['Address', oneLine(texts.filter((text) => text !== '').join(', '))];
  }
  yield ['Organization', oneLine(person.organization)];
  yield ['Title', oneLine(person.title)];
  yield ['Birthday', oneLine(person.birthday)];
  yield ['Labels', oneLine(person.labels.join(', '))];
  yield ['External id', oneLine(person.externalId)];
  for (const line of person.note === '' ? [] : person.note.split(/\r\n|[\r\n]/)) {
    yield ['Note', oneLine(line)];
  }
  for (const line of person.vcardExtra) yield ['vCard', oneLine(line)];
  yield ['Created', timeText(person.createTime)];
  yield ['Updated', timeText(person.lastUpdated)];
  yield ['Deleted', timeText(person.deleteTime)];
  yield ['Etag', oneLine(person.etag)];
}

function timeText(time: Date | undefined): string {
  return time === undefined || Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
