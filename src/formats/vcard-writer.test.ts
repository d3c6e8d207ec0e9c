import { PhoneType } from '../../gen/personguide/person_guide.js';
import type { PersonInput } from '../client/directory-calls.js';
import { chunked, peopleOf } from './formats.test.support.js';
import { vcardReader } from './vcard-reader.js';
import { vcardWriter } from './vcard-writer.js';

/** The lines between VERSION and END. */
function linesOf(person: PersonInput, version: '3.0' | '4.0' = '4.0'): string[] {
  return vcardWriter(version).write(person).split('\r\n').slice(2, -1);
}

const home = { number: '1', type: PhoneType.HOME };

it('writes a property that says more in the place of the plain one', () => {
  const vcardExtra = ['X-A:1', 'item1.TEL;TYPE=HOME:1', 'item1.X-ABLabel:Beach', 'N:G;Ana;;Dr.;'];
  expect(linesOf({ name: 'Ana G', phones: [{ ...home, number: '2' }, home], vcardExtra })).toEqual([
    'FN:Ana G',
    'N:G;Ana;;Dr.;',
    'TEL;TYPE=home:2',
    'item1.TEL;TYPE=HOME:1',
    'X-A:1',
    'item1.X-ABLabel:Beach',
  ]);
});

it('leaves a property out if its field has changed since', () => {
  const vcardExtra = [
    'TEL;TYPE=home;PREF=1:1',
    'ORG:Old;Sales',
    'EMAIL;PREF=1:old@x',
    'CATEGORIES;PREF=1:a',
  ];
  const person = { name: 'Ana', organization: 'New', email: 'new@x', labels: ['b'], vcardExtra };
  expect(linesOf(person)).toEqual([
    'FN:Ana',
    'N:;Ana;;;',
    'ORG:New',
    'EMAIL:new@x',
    'CATEGORIES:b',
  ]);
});

it('writes further values of a field after the changed one', () => {
  const vcardExtra = ['TITLE:CEO', 'TITLE:CTO'];
  expect(linesOf({ name: 'Ana', title: 'CFO', vcardExtra }).slice(2)).toEqual([
    'TITLE:CFO',
    'TITLE:CTO',
  ]);
});

it('never writes a line that would end a card', () => {
  const vcardExtra = ['END:VCARD', 'begin:vcard', 'VERSION:2.1', ' X-A:1'];
  expect(linesOf({ name: 'Ana', vcardExtra }).slice(2)).toEqual(['X-A:1']);
});

it('folds lines after at most 75 bytes, between characters', () => {
  const text = vcardWriter().write({ name: 'Ana', note: '1'.repeat(68) + '😀ñ'.repeat(50) });
  const lines = text.split('\r\n');
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(line.isWellFormed()).toBe(true);
  }
});

it('writes version 3.0 as its readers expect it', () => {
  const vcardExtra = ['PHOTO:data:image/jpeg;base64,QUJD'];
  expect(linesOf({ name: 'Ana', birthday: '--12-31', vcardExtra }, '3.0')).toEqual([
    'FN:Ana',
    'N:;Ana;;;',
    'BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-31',
    'PHOTO;ENCODING=b;TYPE=JPEG:QUJD',
  ]);
});

/** Cards as programs write them. */
const foreign = [
  // A phone of vCard 2.1, with soft line breaks and a picture that is not folded.
  `BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=47=61=72=63=C3=AD=61;=4A=6F=73=C3=\r
=A9;;;\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4A=6F=73=C3=A9=20=47=61\r
TEL;CELL;PREF:+54 11 4321-0000\r
TEL;WORK;FAX:4321\r
EMAIL;HOME:jose@example.com\r
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQ\r
AAAQABAAD/2wBDAAgGBgcGBQgH\r
\r
X-CUSTOM(CHARSET=UTF-8):odd\r
END:VCARD\r
`,
  // macOS: groups, labels, omitted year, related names.
  `BEGIN:VCARD\r
VERSION:3.0\r
PRODID:-//Apple Inc.//macOS 14.0//EN\r
N:García;María;José;Dra.;\r
FN:Dra. María José García\r
NICKNAME:Majo\r
ORG:Acme\\, Inc.;Sales\\; South;\r
TITLE:Head of "things"\r
EMAIL;type=INTERNET;type=HOME;type=pref:majo@example.com\r
item1.EMAIL;type=INTERNET:majo@acme.example\r
item1.X-ABLabel:_$!<Other>!$_\r
TEL;type=CELL;type=VOICE;type=pref:+54 9 11 5555-0000\r
item2.TEL:+54 11 5555-0001\r
item2.X-ABLabel:Beach house\r
item3.ADR;type=HOME;type=pref:;;Av. Corrientes 1234\\nPiso 5;Buenos Aires;;C1043;Argentina\r
item3.X-ABADR:ar\r
BDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-12-31\r
NOTE:A long note that a program has to fold because it has more than seventy-f\r
 ive characters\\, and a semicolon\\; and a\\nline break.\r
CATEGORIES:Family,Old friends\r
REV:2026-01-31T12:00:00Z\r
UID:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r
END:VCARD\r
`,
  // RFC 6350: preferences, languages, alternatives, parameters in quotes.
  `BEGIN:VCARD\r
VERSION:4.0\r
UID;VALUE=text:crm-17\r
FN;LANGUAGE=es;ALTID=1:Ana\r
FN;LANGUAGE=en;ALTID=1:Anne\r
N;SORT-AS="Harten,Rene":van der Harten;Rene,J.;Sir;R.D.O.N.;\r
KIND:individual\r
GENDER:F\r
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555;ext=5555\r
EMAIL;TYPE="a ^'quoted^' label":x@example.com\r
ADR;GEO="geo:12.3457,78.910";LABEL="Mr. John Q. Public, Esq.\\nMail Drop: TNE QB":PO 1;Suite 2;123 Main Street,Rear;Any Town;CA;91921-1234;U.S.A.\r
BDAY;VALUE=text:circa 1800\r
CATEGORIES;PREF=1:INTERNET,IETF\r
CATEGORIES:TRAVEL AGENT\r
RELATED;TYPE=friend:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r
END:VCARD\r
`,
];

describe.each(['4.0', '3.0'] as const)('cards of other programs, as version %s', (version) => {
  const write = (people: readonly PersonInput[]) =>
    people.map((person) => `${vcardWriter(version).write(person)}\r\n`).join('');
  const read = (text: string) => peopleOf(vcardReader(chunked(text, 100)));

  it('are written as the same bytes after they were read', async () => {
    const text = write(await read(foreign.join('')));
    expect(write(await read(text))).toBe(text);
  });

  it('lose nothing', async () => {
    const text = write(await read(foreign.join(''))).replaceAll('\r\n ', '');
    for (const kept of [
      'N:García;José;;;',
      'FN:José Ga',
      'TEL;TYPE=CELL;TYPE=PREF:+54 11 4321-0000',
      'TEL;TYPE=WORK;TYPE=FAX:4321',
      'EMAIL;TYPE=HOME:jose@example.com',
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgH',
      'X-CUSTOM(CHARSET=UTF-8):odd',
      ...foreign.slice(1).join('').replaceAll('\r\n ', '').split('\r\n'),
    ]) {
      if (!/^(VERSION|REV|BDAY;X-APPLE|)(:|$)/.test(kept)) expect(text).toContain(kept);
    }
  });
});
