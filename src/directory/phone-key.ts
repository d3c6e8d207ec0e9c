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
  const key = parsed === undefined ? digitsOf(mainPart(number)) : parsed.number.slice(1);
  if (key === '') return digitsOf(number) === '' ? [] : [digitsOf(number)];
  const extension = parsed === undefined ? extensionPart(number) : (parsed.ext ?? '');
  return extension === '' ? [key] : [`${key}x${extension}`, key];
}

/**
 * The digits that a search finds a phone by, in the forms that people type them: international,
 * national and as recorded. A form within another one is left out.
 */
export function phoneDigits(number: string, defaultCountry: string): string[] {
  const written = digitsOf(number);
  const parsed = parse(number, defaultCountry);
  if (parsed === undefined) return written === '' ? [] : [written];
  const forms = [parsed.number.slice(1)];
  for (const form of [digitsOf(parsed.formatNational()), written]) {
    if (!forms.some((known) => known.includes(form))) forms.push(form);
  }
  return forms;
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

/** What precedes the mark of an extension or of a pause. */
function mainPart(number: string): string {
  return number.replace(/[xpw,;#].*$/i, '');
}

function extensionPart(number: string): string {
  return digitsOf(number.slice(mainPart(number).length));
}

function digitsOf(text: string): string {
  return text.replace(/\D+/g, '');
}
