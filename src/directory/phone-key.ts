import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type PhoneNumber,
} from 'libphonenumber-js/min';

/** Whether phone numbers can be parsed for the country of that code, such as `AR`. */
export function isCountry(code: string): boolean {
  return isSupportedCountry(code);
}

/**
 * What a phone is compared by: the digits of the international number, so that `+54 11 4321-0000`,
 * `(011) 4321 0000` and `541143210000` are equal for the default country AR. A number with an
 * extension has two keys, first the one with the extension. A number that cannot be one of its
 * country, such as `1234`, is compared by its digits; one without digits has no key.
 * A stored phone is found by each of its keys: look one up by the first. The default country is a
 * code such as `AR`, or empty; numbers without a country code are then compared by their digits.
 */
export function phoneKeys(number: string, defaultCountry: string): string[] {
  const parsed = parse(number, defaultCountry);
  const key = parsed === undefined ? mainDigits(number) : parsed.number.slice(1);
  if (key === '') return [];
  const extension = parsed === undefined ? extensionPart(number) : (parsed.ext ?? '');
  return extension === '' ? [key] : [`${key}x${extension}`, key];
}

/**
 * The words that a search finds a phone by: its keys; and the digits that are written, if they are
 * not part of the international number but for zeros in front.
 */
export function phoneWordsOf(number: string, defaultCountry: string): string[] {
  const keys = phoneKeys(number, defaultCountry);
  const written = mainDigits(number);
  const isKnown = keys.some((key) => key.includes(written.replace(/^0+/, '')));
  return isKnown || written === '' ? keys : [...keys, written];
}

/** Undefined for a number that is too short or too long for its country. */
function parse(number: string, defaultCountry: string): PhoneNumber | undefined {
  const country = isSupportedCountry(defaultCountry) ? { defaultCountry } : {};
  const parsed = parsePhoneNumberFromString(number, { ...country, extract: false });
  if (parsed?.isValid() === true) return parsed;
  // Many people leave out the plus of a foreign number.
  const foreign = parsePhoneNumberFromString(`+${number}`, { extract: false });
  if (foreign?.isValid() === true) return foreign;
  return parsed?.isPossible() === true ? parsed : undefined;
}

/** The digits before the mark of an extension or of a pause; all of them if there are none. */
function mainDigits(number: string): string {
  return digitsOf(mainPart(number)) || digitsOf(number);
}

function mainPart(number: string): string {
  return number.replace(/[xpw,;#].*$/i, '');
}

function extensionPart(number: string): string {
  const main = mainPart(number);
  return digitsOf(main) === '' ? '' : digitsOf(number.slice(main.length));
}

function digitsOf(text: string): string {
  return text.replace(/\D+/g, '');
}
