import type { PersonInput } from '../client/directory-calls.js';
import { birthdayOf } from './birthday.js';
import {
  nameParts,
  type AdressPart,
  type ColumnTarget,
  type NamePart,
  type ScalarField,
} from './csv-columns.js';
import type { Problem } from './entry.js';
import { addLabel } from './labels.js';
import { joinLines } from './lines.js';
import { cleanNumber, phoneTypeOf } from './phones.js';

/** What Google Contacts puts between several values of a field. */
const SEVERAL = ' ::: ';

/** The group that everyone in Google Contacts is in. */
const EVERYONE = 'myContacts';

/** The kinds of columns whose parts belong together. */
type Kind = 'phone' | 'email' | 'adress';

/** What the columns of one slot have for one person. */
type Slot = Map<string, string>;

/** Builds people from records with the same columns. */
export class PersonDraft {
  readonly #columns: readonly ColumnTarget[];
  readonly #slots: Readonly<Record<Kind, readonly string[]>>;
  /** The slot whose email is the first email of a person. */
  readonly #firstEmail: string | undefined;

  constructor(columns: readonly ColumnTarget[]) {
    this.#columns = columns;
    const slotsOf = (kind: Kind): string[] => [
      ...new Set(columns.flatMap((column) => (column.kind === kind ? [column.slot] : []))),
    ];
    this.#slots = { phone: slotsOf('phone'), email: slotsOf('email'), adress: slotsOf('adress') };
    const emails = this.#slots.email;
    this.#firstEmail = emails.includes('email 1') ? 'email 1' : emails[0];
  }

  /** Whether the values of a column are not used, although they may be there. */
  ignores(index: number): boolean {
    return this.#columns[index]?.kind === 'ignored';
  }

  /** The person of a record; adds what is wrong to `problems`. */
  read(fields: readonly string[], problems: Problem[]): PersonInput {
    const row = new Row();
    for (const [index, column] of this.#columns.entries()) {
      const value = fields[index] ?? '';
      if (value !== '') row.add(column, value);
    }
    const emails = this.#emails(row);
    const first = emails.find(({ slot }) => slot === this.#firstEmail)?.address ?? '';
    const name = row.scalars.get('name') ?? composedName(row, first || emails[0]?.address);
    return {
      ...compact({
        name: joinLines(name, ' '),
        email: first,
        organization: joinLines(row.scalars.get('organization') ?? '', ', '),
        title: joinLines(row.scalars.get('title') ?? '', ', '),
        note: row.scalars.get('note') ?? '',
        externalId: row.scalars.get('externalId') ?? '',
        birthday: birthday(row.scalars.get('birthday') ?? ''),
      }),
      ...idOf(row.scalars.get('id'), problems),
      ...lists({
        phones: this.#phones(row),
        adresses: this.#adresses(row),
        emails: emails
          .filter((email) => email.slot !== this.#firstEmail || email.isFurther)
          .map(({ address, label }) => ({ address, label })),
        labels: row.labels,
        vcardExtra: row.vcardExtra,
      }),
    };
  }

  #phones(row: Row): { number: string; type: ReturnType<typeof phoneTypeOf> }[] {
    return this.#slots.phone.flatMap((name) => {
      const slot = row.slot(name);
      const label = slot.get('type') ?? 'mobile';
      const numbers = (slot.get('number') ?? '').split(SEVERAL).map(cleanNumber);
      return numbers
        .filter((number) => number.trim() !== '')
        .map((number) => ({ number, type: phoneTypeOf(label) }));
    });
  }

  #emails(row: Row): { slot: string; address: string; label: string; isFurther: boolean }[] {
    return this.#slots.email.flatMap((name) => {
      const slot = row.slot(name);
      const label = slot.get('label') ?? '';
      const addresses = (slot.get('address') ?? '').split(SEVERAL).filter((text) => text !== '');
      return addresses.map((address, index) => ({
        slot: name,
        address: address.trim(),
        label,
        isFurther: index > 0,
      }));
    });
  }

  #adresses(row: Row): { name: string }[] {
    return this.#slots.adress.flatMap((name) => {
      const {
        name: label,
        formatted,
        ...parts
      } = Object.fromEntries(row.slot(name)) as Partial<Record<AdressPart, string>>;
      const values = Object.values(parts);
      // A label alone, such as Home, is not an address; a name alone is, if nothing else could be.
      const hasParts = values.length > 0 || formatted !== undefined;
      if (!hasParts && (label === undefined || row.isFixed(name))) return [];
      const text = label ?? formatted ?? values[0] ?? '';
      const street = values.length === 0 && label !== undefined ? formatted : undefined;
      return [
        {
          ...parts,
          ...(street !== undefined && { street: joinLines(street, ', ') }),
          name: joinLines(text, ', '),
        },
      ];
    });
  }
}

/** The values of one record, by what they are. */
class Row {
  readonly scalars = new Map<ScalarField, string>();
  readonly nameParts = new Map<NamePart, string>();
  readonly labels: string[] = [];
  vcardExtra: string[] = [];
  readonly #slots = new Map<string, Slot>();
  /** The addresses whose name comes from the name of the column. */
  readonly #fixed = new Set<string>();

  slot(name: string): Slot {
    return this.#slots.get(name) ?? new Map<string, string>();
  }

  isFixed(slot: string): boolean {
    return this.#fixed.has(slot);
  }

  add(column: ColumnTarget, value: string): void {
    switch (column.kind) {
      case 'scalar':
        if (!this.scalars.has(column.field)) this.scalars.set(column.field, value);
        break;
      case 'namePart':
        this.nameParts.set(column.part, value.trim());
        break;
      case 'phone':
        this.#set(column.slot, column.part, value);
        if (column.type !== undefined) this.#set(column.slot, 'type', column.type);
        break;
      case 'email':
        this.#set(
          column.slot,
          column.part,
          column.isForeign === true ? foreignLabel(value) : value,
        );
        if (column.label !== undefined) this.#set(column.slot, 'label', column.label);
        break;
      case 'adress':
        this.#addAdress(column, value);
        break;
      case 'label':
        addLabel(this.labels, value);
        break;
      case 'labels':
        for (const label of value.split(/ ::: |[\n;,]/)) this.#addForeignLabel(label.trim());
        break;
      case 'vcardExtra':
        this.vcardExtra = value.split('\n');
        break;
      case 'ignored':
        break;
    }
  }

  #addAdress({ slot, part, name }: ColumnTarget & { kind: 'adress' }, value: string): void {
    const text = joinLines(value, ', ');
    const before = this.slot(slot).get(part);
    this.#set(slot, part, before === undefined ? text : `${before}, ${text}`);
    if (name === undefined) return;
    this.#set(slot, 'name', name);
    this.#fixed.add(slot);
  }

  /** Google marks its own groups with an asterisk. */
  #addForeignLabel(text: string): void {
    const label = text.replace(/^\* /, '');
    if (label !== EVERYONE) addLabel(this.labels, label);
  }

  #set(name: string, part: string, value: string): void {
    const slot = this.#slots.get(name) ?? new Map<string, string>();
    slot.set(part, value);
    this.#slots.set(name, slot);
  }
}

/** The parts of the name; without any, what an address book shows instead. */
function composedName(row: Row, email: string | undefined): string {
  const { nickname, ...rest } = Object.fromEntries(row.nameParts) as Partial<
    Record<NamePart, string>
  >;
  const joined = nameParts.flatMap((part) => (part === 'nickname' ? [] : (rest[part] ?? [])));
  if (joined.length > 0) return joined.join(' ');
  return nickname ?? row.scalars.get('organization') ?? email ?? '';
}

/** Outlook has `SMTP` as the type of an email, and Google an asterisk before the preferred one. */
function foreignLabel(text: string): string {
  const label = text.replace(/^\* /, '').trim();
  return /^(smtp|ex)$/i.test(label) || label === '*' ? '' : label;
}

/** Outlook has `0/0/00` for an unknown birthday. */
function birthday(text: string): string {
  return text === '0/0/00' ? '' : (birthdayOf(text) ?? text.trim());
}

function idOf(text: string | undefined, problems: Problem[]): { id?: number } {
  if (text === undefined) return {};
  const id = Number(text);
  if (/^\s*\d+\s*$/.test(text) && id <= 2_147_483_647) return { id };
  problems.push({ field: 'id', description: `must be a number, not ${text.slice(0, 40)}` });
  return {};
}

/** Leaves empty texts out. */
function compact<T extends Readonly<Record<string, string>>>(texts: T): Partial<T> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')) as Partial<T>;
}

/** Leaves empty lists out. */
function lists<T extends Readonly<Record<string, readonly unknown[]>>>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, list]) => list.length > 0),
  ) as Partial<T>;
}
