import type { PersonInput } from '../client/directory-calls.js';
import type { PeopleWriter } from './entry.js';
import { addLabel, keyOf } from './labels.js';
import { asVersion3 } from './vcard-encoding.js';
import {
  contributionOf,
  plainLine,
  plainName,
  type Contribution,
  type SingleField,
  type VcardVersion,
} from './vcard-fields.js';
import { phoneTypeOf } from './phones.js';
import { foldLine, formatLine, parseLine, type ContentLine } from './vcard-line.js';

const MOBILE = phoneTypeOf('mobile');

/**
 * Writes people as vCards. A property of `vcardExtra` that says more than a field about the same
 * value, such as a phone with a group, takes the place of the plain one.
 */
export function vcardWriter(version: VcardVersion = '4.0'): PeopleWriter {
  return {
    frame: { head: '', separator: '\r\n', end: '\r\n', tail: '' },
    write: (person) => {
      const lines = [...linesOf(person, version)].map(foldLine).join('\r\n');
      return `BEGIN:VCARD\r\nVERSION:${version}\r\n${lines}\r\nEND:VCARD`;
    },
  };
}

function* linesOf(person: PersonInput, version: VcardVersion): Generator<string> {
  const extra = new Extra(person.vcardExtra ?? [], version);
  const single = (field: SingleField): Generator<string> =>
    singleLines(field, person[field] ?? '', extra, version);
  yield* single('name');
  const names = [...extra.takeNames()];
  yield* names.length > 0 ? names : [formatLine(plainName(person.name ?? ''))];
  yield* single('organization');
  yield* single('title');
  yield* single('birthday');
  for (const contribution of listed(person)) {
    yield extra.take(contribution) ?? formatLine(plainLine(contribution, version));
  }
  yield* labelLines(person.labels ?? [], extra, version);
  yield* single('note');
  yield* single('externalId');
  yield* extra.takeRest();
}

/** The emails, phones and addresses of a person; the first email has no label. */
function* listed({ email, emails, phones, adresses }: PersonInput): Generator<Contribution> {
  if (email !== undefined && email !== '') {
    yield { kind: 'email', email: { address: email, label: '' } };
  }
  for (const { address = '', label = '' } of emails ?? []) {
    yield { kind: 'email', email: { address, label } };
  }
  for (const { number = '', type = MOBILE } of phones ?? []) {
    yield { kind: 'phone', phone: { number, type } };
  }
  for (const adress of adresses ?? []) {
    const { name = '', street = '', locality = '', region = '', ...rest } = adress;
    const { postalCode = '', country = '' } = rest;
    yield { kind: 'adress', adress: { name, street, locality, region, postalCode, country } };
  }
}

/**
 * The first extra property of a field belongs to its value: it is written if it has the value, and
 * left out if the field has changed since. Those after it are further ones.
 */
function* singleLines(
  field: SingleField,
  text: string,
  extra: Extra,
  version: VcardVersion,
): Generator<string> {
  const [first, ...further] = extra.takeSingles(field);
  const plain: Contribution = { kind: 'single', field, text };
  if (first !== undefined && isSame(first.contribution, plain)) yield first.text;
  else if (text !== '') yield formatLine(plainLine(plain, version));
  for (const line of further) yield line.text;
}

function* labelLines(
  labels: readonly string[],
  extra: Extra,
  version: VcardVersion,
): Generator<string> {
  let rest = [...labels];
  for (const { text, contribution } of extra.takeLabels()) {
    const own: string[] = [];
    for (const label of contribution.labels) addLabel(own, label);
    const keys = own.map(keyOf);
    if (!keys.every((key) => rest.some((label) => keyOf(label) === key))) continue;
    yield text;
    rest = rest.filter((label) => !keys.includes(keyOf(label)));
  }
  if (rest.length > 0) yield formatLine(plainLine({ kind: 'labels', labels: rest }, version));
}

/** A property of `vcardExtra`. */
interface ExtraLine<Kind extends Contribution = Contribution> {
  readonly text: string;
  readonly contribution: Kind;
}

/** Lines that would end the card, or that every card has. */
const ABOUT_CARD = /^(begin|end|version|rev)[;:]/i;

/** The properties of `vcardExtra`, each of which is written at most once. */
class Extra {
  readonly #known: ExtraLine[] = [];
  readonly #names: string[] = [];
  readonly #rest: string[] = [];

  constructor(texts: readonly string[], version: VcardVersion) {
    for (const text of texts) {
      // White space at its start would make a line a part of the line before it.
      const line = text.trimStart();
      if (line !== '' && !ABOUT_CARD.test(line)) this.#add(line, parseLine(line), version);
    }
  }

  #add(text: string, line: ContentLine | undefined, version: VcardVersion): void {
    const contribution = line === undefined ? undefined : contributionOf(line);
    if (contribution !== undefined) this.#known.push({ text, contribution });
    else if (line?.name === 'N') this.#names.push(text);
    else this.#rest.push(line === undefined ? text : inVersion(text, line, version));
  }

  /** The property that says this about a person, and may say more. */
  take(wanted: Contribution): string | undefined {
    const index = this.#known.findIndex(({ contribution }) => isSame(contribution, wanted));
    return index < 0 ? undefined : this.#known.splice(index, 1)[0]?.text;
  }

  takeSingles(field: SingleField): ExtraLine[] {
    return this.#known.filter(
      ({ contribution }) => contribution.kind === 'single' && contribution.field === field,
    );
  }

  takeLabels(): ExtraLine<Contribution & { kind: 'labels' }>[] {
    return this.#known.flatMap(({ text, contribution }) =>
      contribution.kind === 'labels' ? [{ text, contribution }] : [],
    );
  }

  takeNames(): readonly string[] {
    return this.#names;
  }

  takeRest(): readonly string[] {
    return this.#rest;
  }
}

function inVersion(text: string, line: ContentLine, version: VcardVersion): string {
  const changed = version === '3.0' ? asVersion3(line) : line;
  return changed === line ? text : formatLine(changed);
}

/** Whether two properties say the same about a person. The first email may have any label. */
function isSame(found: Contribution, wanted: Contribution): boolean {
  if (found.kind === 'email' && wanted.kind === 'email' && wanted.email.label === '') {
    return found.email.address === wanted.email.address;
  }
  return JSON.stringify(sorted(found)) === JSON.stringify(sorted(wanted));
}

/** The values of a contribution, in one order of keys. */
function sorted(contribution: Contribution): unknown {
  if (contribution.kind === 'phone') {
    return [contribution.phone.number, contribution.phone.type];
  }
  if (contribution.kind !== 'adress') {
    return Object.values(contribution).map((value) => value as unknown);
  }
  const { name, street, locality, region, postalCode, country } = contribution.adress;
  return [name, street, locality, region, postalCode, country];
}
