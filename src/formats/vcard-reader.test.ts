import { PhoneType } from '../../gen/personguide/person_guide.js';
import { chunked, entriesOf, peopleOf } from './formats.test.support.js';
import { vcardReader } from './vcard-reader.js';

function cardOf(version: string, ...lines: string[]): string {
  return ['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD', ''].join('\r\n');
}

async function personIn(version: string, ...lines: string[]) {
  const [person] = await peopleOf(vcardReader(chunked(cardOf(version, ...lines))));
  return person;
}

describe('a vCard', () => {
  it('of version 4.0 fills the fields', async () => {
    const person = await personIn(
      '4.0',
      'FN:Ana García',
      'N:García;Ana;;;',
      'ORG:Acme\\; Sons',
      'TITLE:CEO\\, acting',
      'BDAY:20011231',
      'EMAIL:ana@x.org',
      'EMAIL;TYPE=work:ana@acme.org',
      'TEL;TYPE=cell:+54 11 4321-0000',
      'TEL;TYPE=fax:2',
      'TEL:3',
      'ADR;TYPE=home:;;Main St 1;Springfield;IL;62701;US',
      'ADR;LABEL="my; adress":;;;;;;',
      'CATEGORIES:friend,a\\,b',
      'NOTE:One\\nTwo\\\\',
      'UID:urn:uuid:1',
    );
    expect(person).toEqual({
      name: 'Ana García',
      organization: 'Acme; Sons',
      title: 'CEO, acting',
      birthday: '2001-12-31',
      email: 'ana@x.org',
      emails: [{ address: 'ana@acme.org', label: 'work' }],
      phones: [
        { number: '+54 11 4321-0000', type: PhoneType.MOBILE },
        { number: '2', type: PhoneType.PHONE_TYPE_FAX },
        { number: '3', type: PhoneType.PHONE_TYPE_OTHER },
      ],
      adresses: [
        {
          name: 'home',
          street: 'Main St 1',
          locality: 'Springfield',
          region: 'IL',
          postalCode: '62701',
          country: 'US',
        },
        { name: 'my; adress', street: '', locality: '', region: '', postalCode: '', country: '' },
      ],
      labels: ['friend', 'a,b'],
      note: 'One\nTwo\\',
      externalId: 'urn:uuid:1',
    });
  });

  it('of version 2.1 may be in quoted-printable, of any charset', async () => {
    const person = await personIn(
      '2.1',
      'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Garc=C3=ADa;Jos=C3=A9;;Sr.;',
      'FN;ISO-8859-1;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Jos=E9 =',
      ' Garc=EDa',
      'NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo=3D',
      'TEL;CELL;PREF:1',
      'X-NICK;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Pep=C3=A9=0A!',
    );
    expect(person).toMatchObject({ name: 'José  García', note: 'one\ntwo=' });
    expect(person?.vcardExtra).toEqual([
      'N:García;José;;Sr.;',
      'FN;TYPE=ISO-8859-1:José  García',
      'TEL;TYPE=CELL;TYPE=PREF:1',
      'X-NICK:Pepé\\n!',
    ]);
  });

  it('may have folded lines', async () => {
    const person = await personIn('3.0', 'FN:Ana', ' \tGar', '\tcía', 'NOTE:a', '  b');
    expect(person).toMatchObject({ name: 'Ana\tGarcía', note: 'a b' });
  });

  it('keeps what the directory has no field for', async () => {
    const kept = [
      'X-SKYPE;TYPE=work:ana',
      'NICKNAME:Anita',
      'item1.TEL;TYPE=home:1',
      'item1.X-ABLabel:Beach',
      'TEL;TYPE=cell;PREF=1:2',
      'EMAIL;TYPE=INTERNET;TYPE=HOME:a@x.org',
      'ADR;TYPE=work:PO 7;;Main St 1;Springfield;;;',
      'ORG:Acme;Sales',
      'N:García;Ana;;Dr.;',
      'no property at all',
    ];
    const person = await personIn('3.0', 'FN:Ana García', ...kept, 'REV:20260101T000000Z');
    expect(person).toMatchObject({ organization: 'Acme', email: 'a@x.org' });
    expect(person?.phones).toHaveLength(2);
    expect(person?.vcardExtra).toEqual(kept);
  });

  it('keeps all properties of which the directory has one', async () => {
    const person = await personIn('4.0', 'FN:Ana', 'TITLE:CEO', 'TITLE:CTO');
    expect(person).toEqual({ name: 'Ana', title: 'CEO', vcardExtra: ['TITLE:CEO', 'TITLE:CTO'] });
  });

  it('has pictures as addresses of vCard 4', async () => {
    const person = await personIn('3.0', 'FN:Ana', 'PHOTO;ENCODING=b;TYPE=JPEG:QUJD', ' REVG');
    expect(person?.vcardExtra).toEqual(['PHOTO:data:image/jpeg;base64,QUJDREVG']);
  });

  it('is without a property that is too large, and reports it', async () => {
    const photo = `PHOTO;ENCODING=b;TYPE=PNG:${'A'.repeat(40_000)}`;
    const [entry] = await entriesOf(
      vcardReader(chunked(cardOf('3.0', 'FN:Ana', 'X-A:1', photo, 'X-B:2'))),
    );
    expect(entry).toMatchObject({
      person: { name: 'Ana', vcardExtra: ['X-A:1', 'X-B:2'] },
      leftOut: ['PHOTO'],
    });
  });

  it.each([
    [['N:García;Ana;;Dr.;Jr.'], 'Dr. Ana García Jr.'],
    [['FN:', 'N:;;;;', 'ORG:Acme'], 'Acme'],
    [['EMAIL:a@x.org'], 'a@x.org'],
  ])('has a name without FN: %j', async (lines, name) => {
    expect(await personIn('3.0', ...lines)).toMatchObject({ name });
  });

  it.each([
    ['BDAY:2001-12-31', '2001-12-31'],
    ['BDAY:20011231T000000Z', '2001-12-31'],
    ['BDAY:--1231', '--12-31'],
    ['BDAY;X-APPLE-OMIT-YEAR=1604:1604-12-31', '--12-31'],
    ['BDAY;VALUE=text:circa 1800', undefined],
  ])('has the birthday %s', async (line, birthday) => {
    const person = await personIn('3.0', 'FN:Ana', line);
    expect(person?.birthday).toBe(birthday);
    expect(person?.vcardExtra === undefined).toBe(/^BDAY(:[-\d]+|;X.*)$/.test(line));
  });

  it.each([
    ['TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-0100;ext=7', '+1-555-0100x7', PhoneType.HOME],
    ['TEL;TYPE=WORK,CELL:1', '1', PhoneType.MOBILE],
    ['TEL;TYPE=pager:\u202A+54\u00A011\u202C', '+54 11', PhoneType.PHONE_TYPE_PAGER],
  ])('has the phone %s', async (line, number, type) => {
    expect((await personIn('4.0', 'FN:Ana', line))?.phones).toEqual([{ number, type }]);
  });

  it('may contain a card', async () => {
    const agent = ['AGENT:', 'BEGIN:VCARD', 'VERSION:2.1', 'FN:Eve', 'END:VCARD'];
    const person = await personIn('2.1', 'FN:Ana', ...agent, 'TITLE:CEO');
    expect(person).toEqual({ name: 'Ana', title: 'CEO', vcardExtra: ['AGENT:'] });
  });
});

describe('a file of vCards', () => {
  it('has faults at their lines, and people around them', async () => {
    const text = `${cardOf('3.0', 'FN:Ana')}
hello
world
${cardOf('4.0', 'KIND:group', 'FN:All')}BEGIN:VCARD\r\nFN:Eve\r\n${cardOf('3.0', 'FN:Bob')}${cardOf('2.1', 'FN;ENCODING=QUOTED-PRINTABLE;CHARSET=klingon:x')}BEGIN:VCARD\nFN:End`;
    const entries = await entriesOf(vcardReader(chunked(text, 5)));
    expect(
      entries.map(({ line, person, problems }) => [
        line,
        person?.name ?? problems?.[0]?.description,
      ]),
    ).toEqual([
      [1, 'Ana'],
      [6, 'is not part of a vCard, which starts with BEGIN:VCARD'],
      [8, 'is a group of people, not a person'],
      [13, 'has no END:VCARD'],
      [15, 'Bob'],
      [19, expect.stringMatching(/^FN: .*klingon/)],
      [23, 'has no END:VCARD'],
    ]);
    expect(entries[3]?.source).toBe('BEGIN:VCARD\r\nFN:Eve');
  });
});
