import { writeFile } from 'node:fs/promises';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { openPeopleFile, type PeopleFile } from './people-file.js';

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

async function openText(text: string | Buffer): Promise<PeopleFile> {
  const path = folder.file('people');
  await writeFile(path, text);
  return openPeopleFile(path, new AbortController().signal);
}

async function read(text: string | Buffer): Promise<unknown[]> {
  const people: unknown[] = [];
  for await (const person of (await openText(text)).people) people.push(person);
  return people;
}

describe('openPeopleFile', () => {
  it.each([
    ['an array', '[{"id":1},{"id":2}]'],
    ['an array over many lines', '\n [\n{"id":1},\n{"id":2}\n]\n'],
    ['lines', '{"id":1}\n{"id":2}\n'],
    ['lines without a last line feed', '{"id":1}\n{"id":2}'],
    ['lines that end as on Windows, with blank ones', '\r\n{"id":1}\r\n  \r\n{"id":2}\r\n'],
    ['a text with a byte order mark', '\ufeff{"id":1}\n{"id":2}\n'],
  ])('reads %s', async (_, text) => {
    expect(await read(text)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it.each(['', '\n\n', '[]'])('reads no people from %j', async (text) => {
    expect(await read(text)).toEqual([]);
  });

  it('reads a character that is split between two reads', async () => {
    const name = 'ñ'.repeat(200_001);
    expect(await read(`{"name":"${name}"}\n{"name":" ${name}"}`)).toEqual([
      { name },
      { name: ` ${name}` },
    ]);
  });

  it('names the line of an invalid person', async () => {
    await expect(read('{"id":1}\n\n{"id":"2"}\n')).rejects.toThrow(
      /people:3: id: must be a 32-bit integer, not "2"$/,
    );
  });

  it('names the index of an invalid person in an array', async () => {
    await expect(openText('[{"id":1},{"phones":[{"type":"FAX"}]}]')).rejects.toThrow(
      /people\[1\]: phones\[0\]\.type: must be one of MOBILE, HOME, WORK, PHONE_TYPE_OTHER, PHONE_TYPE_FAX, PHONE_TYPE_PAGER, not "FAX"$/,
    );
  });

  it('names the line of invalid JSON', async () => {
    await expect(read('{"id":1}\n{"id":\n')).rejects.toThrow(/people:2: invalid JSON: /);
    await expect(read('[{"id":1},\n{"id":2}\n{"id":3}]')).rejects.toThrow(
      /people:3: invalid JSON: /,
    );
    await expect(read('[{"id":1},')).rejects.toThrow(/people: invalid JSON: /);
  });

  it('explains the format when a person spans several lines', async () => {
    await expect(read('{\n"id":1}')).rejects.toThrow(/people:1: .*one whole person per line/);
  });

  it('rejects bytes that are not UTF-8', async () => {
    await expect(read(Buffer.from('{"name":"\xff"}', 'latin1'))).rejects.toThrow(/not UTF-8/);
    await expect(read(Buffer.from('{"id":1}\n\xc3', 'latin1'))).rejects.toThrow(/not UTF-8/);
  });

  it('names a file that cannot be read', async () => {
    const { signal } = new AbortController();
    await expect(openPeopleFile(folder.file('none'), signal)).rejects.toThrow(
      /^cannot read .*none: ENOENT/,
    );
    await expect(openPeopleFile(folder.path, signal)).rejects.toThrow(/^cannot read .*: EISDIR/);
  });

  it('returns the place of the person with an index', async () => {
    const lines = await openText('\n{"id":1}\n\n\n{"id":2}\n{"id":3}');
    for await (const person of lines.people) expect(person.id).toBeGreaterThan(0);
    expect([0, 1, 2].map((index) => lines.placeOf(index).replace(/.*people/, ''))).toEqual([
      ':2',
      ':5',
      ':6',
    ]);
    const array = await openText('[{},{}]');
    expect(array.placeOf(1)).toMatch(/people\[1\]$/);
  });

  it('reads lines only as they are iterated', async () => {
    const file = await openText(`{"id":1}\n${'{"id":2}\n'.repeat(100_000)}bad\n`);
    for await (const person of file.people) {
      expect(person).toEqual({ id: 1 });
      break;
    }
    file.close();
  });
});
