import { writeFile } from 'node:fs/promises';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { openText } from './text-source.js';

const folder = temporaryFolder();
afterAll(() => {
  folder[Symbol.dispose]();
});

async function textOf(content: Buffer, encoding?: string): Promise<string> {
  const path = folder.file('text');
  await writeFile(path, content);
  const { text } = await openText(path, encoding, new AbortController().signal);
  let whole = '';
  for await (const piece of text) whole += piece;
  return whole;
}

it.each<[string, Buffer, string | undefined]>([
  ['UTF-8', Buffer.from('Ana García'), undefined],
  ['UTF-8 with a mark', Buffer.from('\uFEFFAna García'), 'windows-1252'],
  ['UTF-16LE with a mark', Buffer.from('\uFEFFAna García', 'utf16le'), undefined],
  ['UTF-16BE with a mark', Buffer.from('\uFEFFAna García', 'utf16le').swap16(), undefined],
  ['windows-1252', Buffer.from('Ana García', 'latin1'), 'windows-1252'],
])('reads %s', async (_, content, encoding) => {
  expect(await textOf(content, encoding)).toBe('Ana García');
});

it('reads characters that are split between two reads', async () => {
  const text = `a${'ñ'.repeat(100_000)}`;
  expect(await textOf(Buffer.from(text))).toBe(text);
});

it('rejects text in another encoding, and names the option', async () => {
  await expect(textOf(Buffer.from('García', 'latin1'))).rejects.toThrow(
    /text: it is not text in utf-8; .* --encoding windows-1252/,
  );
});

it('rejects an encoding that is not known', async () => {
  await expect(textOf(Buffer.from('x'), 'klingon')).rejects.toThrow('--encoding klingon');
});
