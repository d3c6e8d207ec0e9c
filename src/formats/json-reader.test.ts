import type { Entry, PeopleReader } from './entry.js';
import { chunked, entriesOf } from './formats.test.support.js';
import { jsonArrayReader, jsonLinesReader } from './json-reader.js';

async function outlineOf(reader: PeopleReader) {
  return (await entriesOf(reader)).map((entry) => [entry.line, entry.source, outcomeOf(entry)]);
}

function outcomeOf({ person, problems }: Entry): unknown {
  return person ?? problems.map(({ field, description }) => `${field}: ${description}`).join();
}

describe('JSON lines', () => {
  it('have people and faults at their lines', async () => {
    const text = '{"name":"Ana"}\n\n{"nam":"Bob"}\r\n{"name":\n{"name":"Cid"}';
    expect(await outlineOf(jsonLinesReader(chunked(text, 3)))).toEqual([
      [1, '{"name":"Ana"}', { name: 'Ana' }],
      [3, '{"nam":"Bob"}', 'nam: is not a known field; did you mean name?'],
      [4, '{"name":', expect.stringMatching(/^: is not valid JSON: /)],
      [5, '{"name":"Cid"}', { name: 'Cid' }],
    ]);
  });
});

describe('a JSON array', () => {
  it.each([1, 2, 1000])('has people and faults at their lines, in pieces of %i', async (size) => {
    const text = ` [
      {"name": "A]n,\\"a"}, {
        "name": "Bob", "phones": [{"number": "1"}, {"number": "2"}]
      }, 7, {"name": x},
      {"name":"Cid"}
    ]
    `;
    expect(await outlineOf(jsonArrayReader(chunked(text, size)))).toEqual([
      [2, '{"name": "A]n,\\"a"}', { name: 'A]n,"a' }],
      [2, expect.any(String), { name: 'Bob', phones: [{ number: '1' }, { number: '2' }] }],
      [4, '7', ': must be an object, not 7'],
      [4, '{"name": x}', expect.stringMatching(/^: is not valid JSON: /)],
      [5, '{"name":"Cid"}', { name: 'Cid' }],
    ]);
  });

  it.each(['[{"name":"Ana"},{"na', '[{"name":"Ana"}', '[{"name":"Ana"}] x'])(
    'has a fault if it is %j',
    async (text) => {
      const outline = await outlineOf(jsonArrayReader(chunked(text)));
      expect(outline.at(-1)?.[2]).toBe(': is not part of an array that ends with ]');
    },
  );
});
