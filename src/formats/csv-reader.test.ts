import { PhoneType } from '../../gen/personguide/person_guide.js';
import { ColumnError, type ColumnMap } from './csv-header.js';
import { csvReader } from './csv-reader.js';
import type { Entry } from './entry.js';
import { chunked, entriesOf, peopleOf } from './formats.test.support.js';

function peopleIn(csv: string, map?: ColumnMap) {
  return peopleOf(csvReader(chunked(csv), map));
}

function entriesIn(csv: string): Promise<Entry[]> {
  return entriesOf(csvReader(chunked(csv)));
}

/** The line of each entry with the name of its person, or with what is wrong. */
async function outlineOf(csv: string) {
  return (await entriesIn(csv)).map(({ line, person, problems }) => [
    line,
    person?.name ?? problems?.map(({ field, description }) => field + description).join(),
  ]);
}

describe('the columns of CSV', () => {
  it('are those of an export of Google Contacts', async () => {
    const csv = `First Name,Middle Name,Last Name,Name Prefix,Nickname,Organization Name,Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country
Ana,María,García,Dr.,,Acme,CEO, --12-31,Hello,Family ::: * myContacts,* Home,ana@x.org,Work,ana@acme.org,Mobile,+54 11 1111 ::: +54 11 2222,Work Fax,333,Home,"Main St 1
Springfield",Main St 1,Springfield,PO 7,IL,62701,US
,,,,,Acme,,,,* myContacts,,,,,,,,,,,,,,,,
,,,,,,,,,,,only@x.org,,,,,,,,,,,,,,
`;
    expect(await peopleIn(csv)).toEqual([
      {
        name: 'Dr. Ana María García',
        email: 'ana@x.org',
        organization: 'Acme',
        title: 'CEO',
        note: 'Hello',
        birthday: '--12-31',
        labels: ['Family'],
        emails: [{ address: 'ana@acme.org', label: 'Work' }],
        phones: [
          { number: '+54 11 1111', type: PhoneType.MOBILE },
          { number: '+54 11 2222', type: PhoneType.MOBILE },
          { number: '333', type: PhoneType.PHONE_TYPE_FAX },
        ],
        adresses: [
          {
            name: 'Home',
            street: 'Main St 1, PO 7',
            locality: 'Springfield',
            region: 'IL',
            postalCode: '62701',
            country: 'US',
          },
        ],
      },
      { name: 'Acme', organization: 'Acme' },
      { name: 'only@x.org', email: 'only@x.org' },
    ]);
  });

  it('are those of an export of Outlook', async () => {
    const csv = `"Title","First Name","Last Name","Suffix","Company","Job Title","Business Street","Business Street 2","Business City","Business Country/Region","Home Street","Business Fax","Business Phone","Home Phone 2","Mobile Phone","Pager","Birthday","Categories","E-mail Address","E-mail Type","E-mail Display Name","E-mail 2 Address","Notes"\r
"Ms.","Ana","García","Jr.","Acme","CEO","Main St 1","Floor 2","Springfield","USA","","1","2","3","4","5","0/0/00","Family;Work","ana@x.org","SMTP","Ana","a2@x.org","One\r
two"\r
`;
    expect(await peopleIn(csv)).toEqual([
      {
        name: 'Ms. Ana García Jr.',
        email: 'ana@x.org',
        organization: 'Acme',
        title: 'CEO',
        note: 'One\r\ntwo',
        labels: ['Family', 'Work'],
        emails: [{ address: 'a2@x.org', label: '' }],
        phones: [
          { number: '1', type: PhoneType.PHONE_TYPE_FAX },
          { number: '2', type: PhoneType.WORK },
          { number: '3', type: PhoneType.HOME },
          { number: '4', type: PhoneType.MOBILE },
          { number: '5', type: PhoneType.PHONE_TYPE_PAGER },
        ],
        adresses: [
          {
            name: 'Business',
            street: 'Main St 1, Floor 2',
            locality: 'Springfield',
            country: 'USA',
          },
        ],
      },
    ]);
  });

  it('may have the same name several times', async () => {
    const csv = 'Name,Phone,Phone,Tag,Tag,Email,Email\nAna,1,2,a,b,a@x,b@x\n';
    expect(await peopleIn(csv)).toEqual([
      {
        name: 'Ana',
        email: 'a@x',
        emails: [{ address: 'b@x', label: '' }],
        phones: [
          { number: '1', type: PhoneType.MOBILE },
          { number: '2', type: PhoneType.MOBILE },
        ],
        labels: ['a', 'b'],
      },
    ]);
  });

  it('are what a map says, also nothing', async () => {
    const map = new Map([
      ['Handy', 'mobile phone'],
      ['Fax', ''],
      ['Wer', 'name'],
    ]);
    expect(await peopleIn('Wer,Handy,Fax\nAna,1,2\n', map)).toEqual([
      { name: 'Ana', phones: [{ number: '1', type: PhoneType.MOBILE }] },
    ]);
  });

  it.each([
    ['name\n', new Map([['Nam', 'name']]), 'there is no column Nam; did you mean name?'],
    ['Wer\n', new Map([['Wer', 'emial']]), 'emial is not a known field; did you mean email?'],
    ['Wer,Was\n', new Map(), /^no column is known: .* it is Wer,Was$/],
  ])('are rejected for %j with %j', async (csv, map, message) => {
    await expect(peopleIn(csv, map)).rejects.toThrow(ColumnError);
    await expect(peopleIn(csv, map)).rejects.toThrow(message);
  });

  it('are reported if they have values and belong to no field', async () => {
    const reader = csvReader(chunked('name,Photo,Gender\nAna,,\nBob,,x\n'));
    await peopleOf(reader);
    expect(reader.ignoredColumns()).toEqual(['Gender']);
  });
});

describe('CSV', () => {
  it.each([
    ['semicolons', 'name;note\nAna;"a;b, c"\n', 'a;b, c'],
    ['tabs', 'name\tnote\r\nAna\ta,b\r\n', 'a,b'],
    ['bars', 'name|note\nAna|a,b\n', 'a,b'],
    ['the separator of its first line', 'sep=;\r\nname;note\r\nAna;x\r\n', 'x'],
    ['a byte order mark', '\uFEFFname,note\nAna,x\n', 'x'],
    ['a quoted header', '"name","note"\n"Ana","say ""hi"""\n', 'say "hi"'],
    ['quotes in the middle of a field', 'name,note\nAna,5" pipe\n', '5" pipe'],
    ['a line break in a field', 'name,note\nAna,"a\nb"\n', 'a\nb'],
    ['no line break at its end', 'name,note\nAna,x', 'x'],
    ['more empty fields than columns', 'name,note\nAna,x,,\n', 'x'],
  ])('may have %s', async (_, csv, note) => {
    expect(await peopleIn(csv)).toEqual([{ name: 'Ana', note }]);
  });

  it('has people at lines, blank ones and those within fields counted', async () => {
    const csv = 'name,note\n\nAna,"1\n2\n3"\n\n\r\nBob,x\n';
    expect(await outlineOf(csv)).toEqual([
      [3, 'Ana'],
      [8, 'Bob'],
    ]);
  });

  it.each([
    ['"x" y', 'has text after a closing quote'],
    ['"x', 'has a quote that is not closed'],
    ['"x"y"z', 'has text after a closing quote'],
  ])('loses one line to %s', async (field, problem) => {
    expect(await outlineOf(`name,note\nAna,1\nEve,${field}\nBob,2\nCid,3\n`)).toEqual([
      [2, 'Ana'],
      [3, problem],
      [4, 'Bob'],
      [5, 'Cid'],
    ]);
  });

  it('has faults that name the field, and the text to correct', async () => {
    const csv = 'id,name\n1x,Ana\n2,Bob,Cid\n3,Dan\r\n';
    const problems = [{ field: 'id', description: 'must be a number, not 1x' }];
    const width = [{ field: '', description: 'has 3 fields, and the header has 2' }];
    expect(await entriesIn(csv)).toEqual([
      { line: 2, source: '1x,Ana', problems },
      { line: 3, source: '2,Bob,Cid', problems: width },
      { line: 4, source: '3,Dan', person: { id: 3, name: 'Dan' } },
    ]);
  });

  it('frames faults with its header', async () => {
    const reader = csvReader(chunked('"name";x\nAna;\n'));
    await entriesOf(reader);
    expect(reader.frame()).toEqual({ head: '"name";x\n', separator: '\n', end: '\n', tail: '' });
  });
});
