/** A parameter of a property. */
export interface Parameter {
  /** In upper case. */
  readonly name: string;
  readonly values: readonly string[];
  /** Whether it stands in the card without its name, as vCard 2.1 allows. */
  readonly isBare?: true;
}

/** A property of a vCard. */
export interface ContentLine {
  /** Such as `item1`; empty if the property belongs to no group. */
  readonly group: string;
  /** In upper case. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** As it stands in the card, with its escapes. */
  readonly value: string;
}

const NAME = /^(?:([\w-]+)\.)?([\w-]+)(?=[;:])/;
const PARAMETER = /;([^=:;"]+)(?:=((?:"[^"]*"|[^";:])*))?(?=[;:])/y;

/** Parses a line that has been unfolded; undefined if it is not a property. */
export function parseLine(line: string): ContentLine | undefined {
  const match = NAME.exec(line);
  if (match === null) return undefined;
  const [{ length }, group = '', name = ''] = match;
  const parameters: Parameter[] = [];
  let at = length;
  while (line[at] === ';') {
    PARAMETER.lastIndex = at;
    const [text, key, value] = PARAMETER.exec(line) ?? [];
    if (text === undefined || key === undefined) return undefined;
    parameters.push(parameterOf(key.trim(), value));
    at += text.length;
  }
  return line[at] === ':'
    ? { group, name: name.toUpperCase(), parameters, value: line.slice(at + 1) }
    : undefined;
}

const ENCODING = /^(quoted-printable|base64|7bit|8bit|b)$/i;

/** vCard 2.1 has `TEL;HOME;FAX` for `TEL;TYPE=HOME;TYPE=FAX`. */
function parameterOf(name: string, value: string | undefined): Parameter {
  if (value === undefined) {
    return { name: ENCODING.test(name) ? 'ENCODING' : 'TYPE', values: [name], isBare: true };
  }
  const values = value.match(/(?:"[^"]*"|[^",])+/g) ?? [''];
  return {
    name: name.toUpperCase(),
    values: values.map((text) => decodeParameter(text.replaceAll('"', ''))),
  };
}

/** https://www.rfc-editor.org/rfc/rfc6868 */
function decodeParameter(text: string): string {
  return text.replaceAll(/\^[n'^]/g, (code) => ({ '^n': '\n', "^'": '"' })[code] ?? '^');
}

function encodeParameter(text: string): string {
  if (/^[\w -]*$/.test(text)) return text;
  const encoded = text
    .replaceAll('^', '^^')
    .replaceAll(/\r\n|[\r\n]/g, '^n')
    .replaceAll('"', "^'");
  return /[,;:]/.test(encoded) ? `"${encoded}"` : encoded;
}

/** The text of a property, not folded. */
export function formatLine({ group, name, parameters, value }: ContentLine): string {
  const texts = parameters.map(
    (parameter) => `;${parameter.name}=${parameter.values.map(encodeParameter).join(',')}`,
  );
  return `${group === '' ? '' : `${group}.`}${name}${texts.join('')}:${value}`;
}

/** All values of a parameter, which a property may have several times. */
export function valuesOf({ parameters }: ContentLine, name: string): string[] {
  return parameters.flatMap((parameter) => (parameter.name === name ? parameter.values : []));
}

/** Whether two properties differ at most in the case and the order of their types. */
export function isSameLine(a: ContentLine, b: ContentLine): boolean {
  return comparable(a) === comparable(b);
}

function comparable(line: ContentLine): string {
  const types = valuesOf(line, 'TYPE').map((type) => type.toLowerCase());
  const others = line.parameters
    .filter(({ name }) => name !== 'TYPE')
    .map(({ name, values }) => [name, values]);
  return JSON.stringify([line.group, line.name, types.sort(), others, line.value]);
}

/** A text as the value of a property. */
export function escapeText(text: string): string {
  if (!/[\\,;\r\n]/.test(text)) return text;
  return text.replaceAll(/[\\,;]/g, String.raw`\$&`).replaceAll(/\r\n|[\r\n]/g, String.raw`\n`);
}

/** The text of a value, or of a part of one. */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replaceAll(/\\(.)/g, (escape, character: string) => {
    if (character === 'n' || character === 'N') return '\n';
    return /[\\,;:"]/.test(character) ? character : escape;
  });
}

/** The texts between separators that are not escaped. */
export function splitValue(value: string, separator: ';' | ','): string[] {
  if (!value.includes('\\')) return value.split(separator);
  const parts = [''];
  for (const piece of value.match(/\\.|[^\\]|\\$/gs) ?? []) {
    if (piece === separator) parts.push('');
    else parts.push((parts.pop() ?? '') + piece);
  }
  return parts.map(unescapeText);
}

const MAX_LINE_BYTES = 75;
const ASCII = /^[\t\x20-\x7e]*$/;

/** Folds a line: no part has more than 75 bytes of UTF-8, and no character is split. */
export function foldLine(line: string): string {
  if (line.length <= MAX_LINE_BYTES && ASCII.test(line)) return line;
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const character of line) {
    const size = utf8Bytes(character);
    if (bytes + size > MAX_LINE_BYTES) {
      parts.push(part);
      // A part after the first one begins with a space.
      part = '';
      bytes = 1;
    }
    part += character;
    bytes += size;
  }
  return [...parts, part].join('\r\n ');
}

/** The number of bytes of a character in UTF-8. */
function utf8Bytes(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
