import { chunked, entriesOf } from './formats.test.support.js';
import { formatOfName, openPeopleReader, type Format } from './format.js';

it.each([
  ['people.csv', 'csv'],
  ['people.TSV', 'csv'],
  ['a.b/contacts.vcf', 'vcard'],
  ['people.json', 'json'],
  ['people.ndjson', 'jsonl'],
  ['people.txt', undefined],
  ['-', undefined],
])('the name %s says the format %s', (name, format) => {
  expect(formatOfName(name)).toBe(format);
});

it.each<[string, Format | undefined]>([
  ['\uFEFF  \n\nBEGIN:VCARD\nFN:Ana\nEND:VCARD\n', undefined],
  ['begin:vcard\nFN:Ana\nEND:VCARD\n', 'vcard3'],
  [' [{"name":"Ana"}]', undefined],
  ['[{"name":"Ana"}]', 'jsonl'],
  ['{"name":"Ana"}\n', undefined],
  ['{"name":"Ana"}\n', 'json'],
  ['name\nAna\n', undefined],
])('the text %j is read with the format %s', async (text, format) => {
  const reader = await openPeopleReader(chunked(text, 1), { format });
  expect(await entriesOf(reader)).toMatchObject([{ person: { name: 'Ana' } }]);
});
