import { valuesOf, type ContentLine, type Parameter } from './vcard-line.js';

/** What the types of binary values of vCard 3 are called since vCard 4. */
const mediaTypes: Readonly<Record<string, string>> = {
  PHOTO: 'image/',
  LOGO: 'image/',
  SOUND: 'audio/',
  KEY: 'application/',
};

const TRANSFER = ['ENCODING', 'CHARSET'];

/**
 * A property of any version in the form of vCard 4: texts are not encoded, and binary values are
 * `data:` addresses. Throws a RangeError for a charset that is not known.
 */
export function decoded(line: ContentLine): ContentLine {
  const encoding = valuesOf(line, 'ENCODING')[0]?.toLowerCase();
  const [charset = 'utf-8'] = valuesOf(line, 'CHARSET');
  const parameters = line.parameters.filter(({ name }) => !TRANSFER.includes(name));
  if (encoding === 'quoted-printable') {
    const text = new TextDecoder(charset).decode(bytesOf(line.value));
    return { ...line, parameters, value: text.replaceAll(/\r\n|[\r\n]/g, String.raw`\n`) };
  }
  if (encoding === 'b' || encoding === 'base64') return binary(line, parameters);
  return parameters.length === line.parameters.length ? line : { ...line, parameters };
}

/** `=C3=AD` -> two bytes; every other character is itself, in UTF-8. */
function bytesOf(value: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [piece, hex] of value.matchAll(/=([\dA-Fa-f]{2})|[^=]+|=/g)) {
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else for (const byte of encoder.encode(piece)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function binary(line: ContentLine, parameters: readonly Parameter[]): ContentLine {
  const value = line.value.replaceAll(/\s/g, '');
  const prefix = mediaTypes[line.name];
  if (prefix === undefined) {
    return { ...line, parameters: [...parameters, { name: 'ENCODING', values: ['b'] }], value };
  }
  const [type = 'octet-stream'] = valuesOf(line, 'TYPE');
  const media = type.includes('/') ? type : prefix + type;
  return {
    ...line,
    parameters: parameters.filter(({ name }) => name !== 'TYPE' && name !== 'VALUE'),
    value: `data:${media.toLowerCase()};base64,${value}`,
  };
}

/** The opposite for vCard 3: a `data:` address becomes a binary value. */
export function asVersion3(line: ContentLine): ContentLine {
  const [, type, value] = /^data:\w+\/([\w.+-]+);base64,(.*)$/.exec(line.value) ?? [];
  if (type === undefined || value === undefined || mediaTypes[line.name] === undefined) return line;
  const parameters = [
    ...line.parameters.filter(({ name }) => name !== 'MEDIATYPE'),
    { name: 'ENCODING', values: ['b'] },
    { name: 'TYPE', values: [type.toUpperCase()] },
  ];
  return { ...line, parameters, value };
}
