import { InvalidArgumentError, Option } from 'commander';
import { readPerson } from '../client/message-json.js';
import { phoneTypeOf } from '../formats/phones.js';
import type { PersonInput, PhoneType } from '../index.js';
import { fieldsLine } from './one-line.js';

/** The flags for the fields of a person. */
export interface PersonFlags {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: readonly Phone[];
  readonly at?: readonly string[];
  readonly organization?: string;
  readonly title?: string;
  readonly note?: string;
  readonly label?: readonly string[];
  readonly externalId?: string;
  readonly otherEmail?: readonly Email[];
  readonly birthday?: string;
  readonly fields?: PersonInput;
}

interface Phone {
  readonly number: string;
  readonly type: PhoneType;
}

interface Email {
  readonly address: string;
  readonly label: string;
}

/** The options for all fields of a person but the name. */
export function personOptions(): Option[] {
  return [
    new Option('--email <email>', 'the email'),
    repeated(
      '--phone <number [type]>',
      'a phone, such as "555 0100 work"; may be repeated',
      phoneOf,
    ),
    repeated('--at <name>', 'the name of an address; may be repeated', (name) => name),
    new Option('--organization <name>', 'the organization'),
    new Option('--title <title>', 'the job title'),
    new Option('--note <text>', 'a note'),
    repeated('--label <label>', 'a label; may be repeated', (label) => label),
    new Option('--external-id <id>', 'the id in another system; unique in the directory'),
    repeated(
      '--other-email <email [label]>',
      'a further email, such as "ana@example.com work"; may be repeated',
      emailOf,
    ),
    new Option('--birthday <date>', 'such as 2001-12-31, or --12-31 without a year'),
    new Option(
      '--fields <json>',
      'other fields, such as \'{"adresses":[{"name":"HQ","street":"Main St 1"}]}\'',
    ).argParser(fieldsOf),
  ];
}

/** The fields of the flags. A list that is only an empty text is empty. */
export function personOfFlags(flags: PersonFlags): PersonInput {
  const { phone, at, label, otherEmail, fields, name, email, organization, title } = flags;
  const { note, externalId, birthday } = flags;
  const given = {
    ...{ name, email, organization, title, note, externalId, birthday },
    phones: phone?.filter(({ number }) => number !== ''),
    adresses: at?.filter((text) => text !== '').map((text) => ({ name: text })),
    labels: label?.filter((text) => text !== ''),
    emails: otherEmail?.filter(({ address }) => address !== ''),
  };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...fields, ...(Object.fromEntries(entries) as PersonInput) };
}

function repeated(flags: string, description: string, parse: (text: string) => unknown): Option {
  return new Option(flags, description).argParser((text: string, before?: readonly unknown[]) => [
    ...(before ?? []),
    parse(text),
  ]);
}

/** `555 0100 work` -> a phone at work; without a type, a mobile phone */
function phoneOf(text: string): Phone {
  const [, number = '', type] =
    /^(.*?)(?:\s+(mobile|home|work|other|fax|pager))?$/i.exec(text) ?? [];
  return { number: number.trim(), type: phoneTypeOf(type ?? 'mobile') };
}

function emailOf(text: string): Email {
  const [, address = '', label = ''] = /^(\S*)\s*(.*)$/.exec(text.trim()) ?? [];
  return { address, label };
}

function fieldsOf(text: string): PersonInput {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}`);
  }
  const { person, violations } = readPerson(document);
  if (person === undefined) throw new InvalidArgumentError(`${fieldsLine(violations)}.`);
  return person;
}
