import { PhoneType } from '../../gen/personguide/person_guide.js';
import { limits, PHONE, textProblem } from './validation.js';

/** The tags of fields, with their wire types, as they are encoded: one byte each. */
const TAG = {
  name: 0x0a,
  id: 0x10,
  email: 0x1a,
  phones: 0x22,
  adresses: 0x32,
  organization: 0x52,
  title: 0x5a,
  note: 0x62,
  label: 0x6a,
  externalId: 0x72,
  phoneNumber: 0x0a,
  phoneType: 0x10,
  adressName: 0x0a,
  adressRest: [0x12, 0x1a, 0x22, 0x2a, 0x32],
} as const;

/** MOBILE, 0, is not encoded; there may be more types one day, which are then decoded. */
const LAST_PHONE_TYPE: number = PhoneType.PHONE_TYPE_PAGER;

/** A length up to this takes one byte; the names and texts of nearly everyone are shorter. */
const MAX_LENGTH = 0x7f;

/** For what is not plain; no field is found there either. */
const NOT_PLAIN = -1;

const IN_TEXT = 1;
const IN_PHONE = 2;

/** For each byte where it may be. */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20 || byte > 0x7e) return 0;
  return PHONE.test(String.fromCharCode(byte)) ? IN_TEXT | IN_PHONE : IN_TEXT;
});

const STRICT_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const SPACE = 0x20;
const AT = 0x40;
const DOT = 0x2e;

/**
 * Whether an encoded person is valid, has none of the fields that the server sets, and is encoded
 * as generated code encodes it: it can be stored as it was sent. False says nothing: most others
 * are valid, too, and must be decoded to find out. Takes a tenth of the time of that.
 */
export function isPlainPerson(person: Uint8Array): boolean {
  let at = person[0] === TAG.name ? endOfText(person, 1, person.length) : NOT_PLAIN;
  at = afterId(person, at);
  at = person[at] === TAG.email ? endOfEmail(person, at + 1) : at;
  at = afterPhones(person, at);
  at = afterAdresses(person, at);
  at = afterText(person, at, TAG.organization);
  at = afterText(person, at, TAG.title);
  at = afterText(person, at, TAG.note);
  // A second one would have to be compared with the first.
  at = afterText(person, at, TAG.label, limits.labelCharacters);
  at = afterText(person, at, TAG.externalId);
  return at === person.length;
}

/** The end of the field that begins at `at`, if it has that tag; else `at`. */
function afterText(bytes: Uint8Array, at: number, tag: number, maxBytes = MAX_LENGTH): number {
  return bytes[at] === tag ? endOfText(bytes, at + 1, bytes.length, maxBytes) : at;
}

/** The end of a text that is not blank, whose length is at `at`. */
function endOfText(bytes: Uint8Array, at: number, limit: number, maxBytes = MAX_LENGTH): number {
  const length = bytes[at] ?? 0;
  const start = at + 1;
  const end = start + length;
  if (length === 0 || length > maxBytes || end > limit || bytes[start] === SPACE) return NOT_PLAIN;
  for (let place = start; place < end; place += 1) {
    if (KINDS[bytes[place] ?? 0] !== 0) continue;
    return isText(bytes.subarray(start, end)) ? end : NOT_PLAIN;
  }
  return end;
}

/** Whether the bytes are a valid text that is not blank, and not ASCII alone. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = STRICT_DECODER.decode(bytes);
    return text.trim() !== '' && textProblem(text, MAX_LENGTH) === undefined;
  } catch {
    return false;
  }
}

/** An id above 0 in as few bytes as possible. */
function afterId(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== TAG.id) return at;
  let last = at + 1;
  while ((bytes[last] ?? 0) > MAX_LENGTH) last += 1;
  const highest = bytes[last] ?? 0;
  const isInt32 = last - at < 5 || (last - at === 5 && highest <= 7);
  return isInt32 && highest > 0 ? last + 1 : NOT_PLAIN;
}

/** As the regular expression of validation.ts, for ASCII. */
function endOfEmail(bytes: Uint8Array, at: number): number {
  const length = bytes[at] ?? 0;
  const end = at + 1 + length;
  if (length > MAX_LENGTH || end > bytes.length) return NOT_PLAIN;
  let partStart = at + 1;
  let inDomain = false;
  for (let place = partStart; place < end; place += 1) {
    const byte = bytes[place] ?? 0;
    if (byte <= SPACE || KINDS[byte] === 0) return NOT_PLAIN;
    const endsPart = byte === AT || (byte === DOT && inDomain);
    if (!endsPart) continue;
    if (place === partStart || (byte === AT && inDomain)) return NOT_PLAIN;
    inDomain = true;
    partStart = place + 1;
  }
  return inDomain && partStart < end ? end : NOT_PLAIN;
}

function afterPhones(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let phones = 0; bytes[at] === TAG.phones; phones += 1) {
    const end = endOfMessage(bytes, at + 1);
    if (end === NOT_PLAIN || phones === limits.phones) return NOT_PLAIN;
    at = endOfPhone(bytes, at + 2, end);
  }
  return at;
}

function endOfPhone(bytes: Uint8Array, start: number, end: number): number {
  const length = bytes[start + 1] ?? 0;
  const numberEnd = start + 2 + length;
  if (bytes[start] !== TAG.phoneNumber || length === 0) return NOT_PLAIN;
  if (length > limits.phoneCharacters || numberEnd > end) return NOT_PLAIN;
  for (let place = start + 2; place < numberEnd; place += 1) {
    if (((KINDS[bytes[place] ?? 0] ?? 0) & IN_PHONE) === 0) return NOT_PLAIN;
  }
  if (numberEnd === end) return end;
  const type = bytes[numberEnd + 1] ?? 0;
  const isKnown = type > 0 && type <= LAST_PHONE_TYPE;
  return bytes[numberEnd] === TAG.phoneType && isKnown && numberEnd + 2 === end ? end : NOT_PLAIN;
}

function afterAdresses(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let adresses = 0; bytes[at] === TAG.adresses; adresses += 1) {
    const end = endOfMessage(bytes, at + 1);
    if (end === NOT_PLAIN || adresses === limits.adresses) return NOT_PLAIN;
    at = endOfAdress(bytes, at + 2, end);
  }
  return at;
}

function endOfAdress(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== TAG.adressName) return NOT_PLAIN;
  let at = endOfText(bytes, start + 1, end);
  for (const tag of TAG.adressRest) {
    if (at === end) return end;
    if (bytes[at] === tag) at = endOfText(bytes, at + 1, end);
  }
  return at === end ? end : NOT_PLAIN;
}

/** The end of a message whose length is at `at`. */
function endOfMessage(bytes: Uint8Array, at: number): number {
  const length = bytes[at] ?? 0;
  const end = at + 1 + length;
  return length > MAX_LENGTH || end > bytes.length ? NOT_PLAIN : end;
}
