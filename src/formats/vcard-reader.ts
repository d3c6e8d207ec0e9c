import type { PersonInput } from '../client/directory-calls.js';
import type { Entry, PeopleReader, Problem } from './entry.js';
import { addLabel } from './labels.js';
import { cardsOf, type Card } from './vcard-cards.js';
import { decoded } from './vcard-encoding.js';
import {
  composedName,
  contributionOf,
  plainLine,
  plainName,
  type Contribution,
  type SingleField,
} from './vcard-fields.js';
import { formatLine, isSameLine, parseLine, type ContentLine } from './vcard-line.js';

/**
 * Reads people from vCards of version 2.1, 3.0 and 4.0. What the directory has no field for is in
 * `vcardExtra`: whole properties, and those of which a field has only a part, such as a phone with a
 * group. vcardWriter() puts them together again.
 */
export function vcardReader(text: AsyncIterable<string>): PeopleReader {
  async function* entries(): AsyncGenerator<Entry> {
    for await (const card of cardsOf(text)) yield entryOf(card);
  }
  return {
    entries: entries(),
    frame: () => ({ head: '', separator: '\r\n', end: '\r\n', tail: '' }),
    ignoredColumns: () => [],
  };
}

function entryOf({ line, source, lines, problem }: Card): Entry {
  const problems: Problem[] = problem === undefined ? [] : [problem];
  const properties = lines.flatMap((text) => propertyOf(text, problems) ?? []);
  if (properties.some(isGroup)) {
    problems.push({ field: '', description: 'is a group of people, not a person' });
  }
  if (problems.length > 0) return { line, source, problems };
  const { person, leftOut } = personOf(properties);
  return leftOut.length > 0 ? { line, source, person, leftOut } : { line, source, person };
}

/** A line of a card. */
interface Property {
  /** As vCard 4 has it. */
  readonly text: string;
  /** Undefined if the text is not a property. */
  readonly line: ContentLine | undefined;
  readonly contribution: Contribution | undefined;
}

/** Properties about the card itself. The directory has a time of its own for REV. */
const ABOUT_CARD = ['BEGIN', 'END', 'VERSION', 'REV'];

function propertyOf(text: string, problems: Problem[]): Property | undefined {
  const parsed = parseLine(text);
  if (parsed === undefined) return { text, line: undefined, contribution: undefined };
  if (ABOUT_CARD.includes(parsed.name)) return undefined;
  try {
    const line = decoded(parsed);
    const isChanged = line !== parsed || parsed.parameters.some(({ isBare }) => isBare === true);
    return {
      text: isChanged ? formatLine(line) : text,
      line,
      contribution: contributionOf(line),
    };
  } catch (error) {
    problems.push({ field: '', description: `${parsed.name}: ${(error as Error).message}` });
    return undefined;
  }
}

function isGroup({ line }: Property): boolean {
  const name = line?.name;
  const isKind = name === 'KIND' || name === 'X-ADDRESSBOOKSERVER-KIND';
  return isKind && line?.value.toLowerCase() === 'group';
}

function personOf(properties: readonly Property[]): { person: PersonInput; leftOut: string[] } {
  const fields = new Fields(properties);
  const nameLine = properties.find(({ line }) => line?.name === 'N')?.line;
  const person = fields.person(nameLine === undefined ? '' : composedName(nameLine.value));
  const expectedName = plainName(person.name ?? '');
  const extra = properties.filter((property) =>
    property.line?.name === 'N'
      ? property.text !== formatLine(expectedName) && !isSameLine(property.line, expectedName)
      : !fields.isWhole(property),
  );
  const { kept, leftOut } = withinLimits(extra);
  return {
    person: kept.length > 0 ? { ...person, vcardExtra: kept.map(({ text }) => text) } : person,
    leftOut,
  };
}

/** The fields of a card. */
class Fields {
  readonly #singles = new Map<SingleField, Property[]>();
  readonly #phones: NonNullable<PersonInput['phones']>[number][] = [];
  readonly #adresses: NonNullable<PersonInput['adresses']>[number][] = [];
  readonly #emails: { address: string; label: string }[] = [];
  readonly #labels: string[] = [];
  #firstEmail: Property | undefined;

  constructor(properties: readonly Property[]) {
    for (const property of properties) this.#add(property);
  }

  #add(property: Property): void {
    const { contribution } = property;
    switch (contribution?.kind) {
      case 'single':
        this.#singles.set(contribution.field, [...this.#properties(contribution.field), property]);
        break;
      case 'phone':
        this.#phones.push(contribution.phone);
        break;
      case 'adress':
        this.#adresses.push(contribution.adress);
        break;
      case 'email':
        this.#firstEmail ??= property;
        this.#emails.push(contribution.email);
        break;
      case 'labels':
        for (const label of contribution.labels) addLabel(this.#labels, label);
        break;
      case undefined:
        break;
    }
  }

  #properties(field: SingleField): readonly Property[] {
    return this.#singles.get(field) ?? [];
  }

  #text(field: SingleField): string {
    const contribution = this.#properties(field)[0]?.contribution;
    return contribution?.kind === 'single' ? contribution.text : '';
  }

  /** The person; `name` is used if the card has no FN. */
  person(name: string): PersonInput {
    const [email, ...emails] = this.#emails;
    const organization = this.#text('organization');
    const texts = {
      name: this.#text('name') || name || organization || email?.address,
      email: email?.address,
      organization,
      title: this.#text('title'),
      note: this.#text('note'),
      externalId: this.#text('externalId'),
      birthday: this.#text('birthday'),
    };
    const lists = {
      phones: this.#phones,
      adresses: this.#adresses,
      emails,
      labels: this.#labels,
    };
    const entries: [string, string | readonly unknown[] | undefined][] = [
      ...Object.entries(texts),
      ...Object.entries(lists),
    ];
    return Object.fromEntries(
      entries.filter(([, value]) => value !== undefined && value.length > 0),
    );
  }

  /** Whether the fields have all that a property says. */
  isWhole(property: Property): boolean {
    const { contribution, line, text } = property;
    if (contribution === undefined || line === undefined) return false;
    if (contribution.kind === 'single' && this.#properties(contribution.field).length > 1) {
      return false;
    }
    const plain = property === this.#firstEmail ? withoutLabel(contribution) : contribution;
    return (['4.0', '3.0'] as const).some((version) => {
      const expected = plainLine(plain, version);
      return text === formatLine(expected) || isSameLine(line, expected);
    });
  }
}

/** The directory has no label for the first email. */
function withoutLabel(contribution: Contribution): Contribution {
  return contribution.kind === 'email'
    ? { kind: 'email', email: { ...contribution.email, label: '' } }
    : contribution;
}

/** The limits of `vcard_extra`. */
const MAX_LINES = 200;
const MAX_BYTES = 32 * 1024;

/** Leaves the largest properties out until the others are within the limits. */
function withinLimits(extra: readonly Property[]): { kept: Property[]; leftOut: string[] } {
  const kept = [...extra];
  const leftOut: string[] = [];
  const sizes = new Map(extra.map((property) => [property, utf8Length(property.text)]));
  const sizeOf = (property: Property): number => sizes.get(property) ?? 0;
  let bytes = kept.reduce((sum, property) => sum + sizeOf(property), 0);
  while (bytes > MAX_BYTES || kept.length > MAX_LINES) {
    const largest = kept.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
    kept.splice(kept.indexOf(largest), 1);
    bytes -= sizeOf(largest);
    leftOut.push(largest.line?.name ?? '');
  }
  return { kept, leftOut };
}

const encoder = new TextEncoder();

function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
