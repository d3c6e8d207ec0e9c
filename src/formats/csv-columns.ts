/** A part of a name, in the order in which they are joined. */
export const nameParts = ['prefix', 'given', 'middle', 'family', 'suffix', 'nickname'] as const;

/** A part of an address. */
export const adressParts = [
  'name',
  'street',
  'locality',
  'region',
  'postalCode',
  'country',
  'formatted',
] as const;

export type NamePart = (typeof nameParts)[number];
export type AdressPart = (typeof adressParts)[number];
export type ScalarField =
  'id' | 'name' | 'organization' | 'title' | 'note' | 'externalId' | 'birthday';

/** What the values of a column are. Columns with the same `slot` describe the same thing. */
export type ColumnTarget =
  | { readonly kind: 'scalar'; readonly field: ScalarField }
  | { readonly kind: 'namePart'; readonly part: NamePart }
  | {
      readonly kind: 'phone';
      readonly slot: string;
      readonly part: 'number' | 'type';
      /** The type of the phone, if the name of the column says it. */
      readonly type?: string;
    }
  | {
      readonly kind: 'email';
      readonly slot: string;
      readonly part: 'address' | 'label';
      /** The label of the email, if the name of the column says it. */
      readonly label?: string;
      /** Whether the labels are those of Google Contacts or Outlook. */
      readonly isForeign?: boolean;
    }
  | {
      readonly kind: 'adress';
      readonly slot: string;
      readonly part: AdressPart;
      /** The name of the address, if the name of the column says it. */
      readonly name?: string;
    }
  | { readonly kind: 'label' | 'labels' | 'vcardExtra' | 'ignored' };

type Target = ColumnTarget | undefined;

const scalars: Readonly<Record<string, ScalarField>> = {
  id: 'id',
  'person id': 'id',
  name: 'name',
  'full name': 'name',
  'display name': 'name',
  'contact name': 'name',
  organization: 'organization',
  organisation: 'organization',
  'organization name': 'organization',
  'organization 1 name': 'organization',
  company: 'organization',
  'company name': 'organization',
  employer: 'organization',
  title: 'title',
  'job title': 'title',
  'organization title': 'title',
  'organization 1 title': 'title',
  position: 'title',
  role: 'title',
  note: 'note',
  notes: 'note',
  comment: 'note',
  comments: 'note',
  'external id': 'externalId',
  uid: 'externalId',
  birthday: 'birthday',
  'birth date': 'birthday',
  'date of birth': 'birthday',
};

const names: Readonly<Record<string, NamePart>> = {
  'name prefix': 'prefix',
  prefix: 'prefix',
  'first name': 'given',
  firstname: 'given',
  'given name': 'given',
  forename: 'given',
  'middle name': 'middle',
  'additional name': 'middle',
  'last name': 'family',
  lastname: 'family',
  'family name': 'family',
  surname: 'family',
  'name suffix': 'suffix',
  suffix: 'suffix',
  nickname: 'nickname',
};

const others: Readonly<Record<string, ColumnTarget>> = {
  label: { kind: 'label' },
  tag: { kind: 'label' },
  category: { kind: 'label' },
  labels: { kind: 'labels' },
  tags: { kind: 'labels' },
  categories: { kind: 'labels' },
  groups: { kind: 'labels' },
  'group membership': { kind: 'labels' },
  'vcard extra': { kind: 'vcardExtra' },
};

const parts: Readonly<Record<string, AdressPart>> = {
  name: 'name',
  label: 'name',
  type: 'name',
  street: 'street',
  'po box': 'street',
  'extended address': 'street',
  city: 'locality',
  town: 'locality',
  locality: 'locality',
  state: 'region',
  province: 'region',
  region: 'region',
  'postal code': 'postalCode',
  postcode: 'postalCode',
  zip: 'postalCode',
  'zip code': 'postalCode',
  country: 'country',
  'country region': 'country',
  formatted: 'formatted',
};

/** `Phone 2 - Value` -> `phone 2 value`, `postalCode` -> `postal code` */
function normalized(header: string): string {
  return header
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * What the values of a column with that header are: the names of an export of this program, those
 * of the exports of Google Contacts and Outlook, and usual ones. Undefined if it is not known.
 */
export function targetOf(header: string): ColumnTarget | undefined {
  const text = normalized(header).replace(/^e mail/, 'email');
  return (
    scalarOf(text) ?? namePartOf(text) ?? others[text] ?? labelOf(text) ?? listOf(text, header)
  );
}

function scalarOf(text: string): Target {
  const field = scalars[text];
  return field === undefined ? undefined : { kind: 'scalar', field };
}

function namePartOf(text: string): Target {
  const part = names[text];
  return part === undefined ? undefined : { kind: 'namePart', part };
}

function labelOf(text: string): Target {
  return /^(label|tag|category) \d+$/.test(text) ? { kind: 'label' } : undefined;
}

function listOf(text: string, header: string): Target {
  return (
    phoneOf(text) ?? typedPhoneOf(text, header) ?? emailOf(text, header) ?? adressOf(text, header)
  );
}

/** `phone`, `phone 2`, `phone 2 type`, `phone 2 value` */
function phoneOf(text: string): Target {
  const match = /^(?:tele)?phone(?: number)?(?: (\d+))?(?: (type|label|value|number))?$/.exec(text);
  if (match === null) return undefined;
  const [, number = '1', part = 'value'] = match;
  const isNumber = part === 'value' || part === 'number';
  return { kind: 'phone', slot: `phone ${number}`, part: isNumber ? 'number' : 'type' };
}

const PHONE_KINDS =
  'home|business|work|mobile|cell|cellular|car|company main|main|other|primary|assistant s|radio';

/** `Home Phone 2`, `mobile`, `Business Fax`, `Pager` */
function typedPhoneOf(text: string, header: string): Target {
  const pattern = new RegExp(
    `^(?:(?:${PHONE_KINDS}) (?:tele)?phone(?: number)?|mobile|cell|cellular|(?:(?:home|business|work|other) )?fax(?: number)?|pager)(?: \\d+)?$`,
  );
  if (!pattern.test(text)) return undefined;
  return { kind: 'phone', slot: text, part: 'number', type: header };
}

/** `email`, `email 2`, `email 2 label`, `E-mail 2 Address`, `work email` */
function emailOf(text: string, header: string): Target {
  const match = /^email(?: (\d+))?(?: (type|label|value|address))?$/.exec(text);
  if (match !== null) {
    const [, number = '1', part = 'value'] = match;
    const isLabel = part === 'type' || part === 'label';
    return {
      kind: 'email',
      slot: `email ${number}`,
      part: isLabel ? 'label' : 'address',
      isForeign: header.startsWith('E-mail'),
    };
  }
  const [, label] = /^(home|work|personal|business|other) e ?mail(?: address)?$/.exec(text) ?? [];
  if (label === undefined) return undefined;
  return { kind: 'email', slot: text, part: 'address', label };
}

/** `address`, `address 2`, `Address 2 - City`, `Business Street`, `Home Address Street`, `city` */
function adressOf(text: string, header: string): Target {
  const numbered = /^address(?: (\d+))?(?: (\D+))?$/.exec(text);
  if (numbered !== null) {
    const [, number = '1', name = 'name'] = numbered;
    const part = parts[name];
    return part && { kind: 'adress', slot: `address ${number}`, part };
  }
  const [, kind, name = ''] =
    /^(?:(home|business|work|other) )?(?:address )?(\D+?)(?: [23])?$/.exec(text) ?? [];
  const part = parts[name];
  if (part === undefined) return undefined;
  if (kind === undefined) return { kind: 'adress', slot: 'address 1', part };
  const [, place = kind] = /^\W*(\w+)/.exec(header) ?? [];
  return { kind: 'adress', slot: `${kind} address`, part, name: place };
}
