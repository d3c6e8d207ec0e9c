import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A Markdown file of this repository. */
export interface Document {
  /** Its path below the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a document. */
export interface Fence {
  readonly path: string;
  readonly language: string;
  /** The line of the document, counted from 1, that its first line is. */
  readonly line: number;
  readonly body: string;
  /** Why it is not run, from `<!-- not run: REASON -->` before it. */
  readonly notRun: string | undefined;
  /** Code that the reader has at that place, from `<!-- given: CODE -->` before it. */
  readonly given: string;
}

/** Reads all Markdown files of the repository. */
export async function readDocuments(): Promise<Document[]> {
  const paths = ['.', '.github', 'proto', 'scripts', 'src'].map(async (folder) => {
    const names = await readdir(folder, { recursive: folder !== '.' }).catch(() => []);
    return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
  });
  const sorted = (await Promise.all(paths)).flat().sort();
  return Promise.all(sorted.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
}

/** Every fenced block of a document, in order. */
export function fencesOf({ path, text }: Document): Fence[] {
  const pattern = /((?:^<!--[^]*?-->\s*)*)^```(\w+)[^\n]*\n([^]*?)^```$/gm;
  return Array.from(text.matchAll(pattern), (match) => {
    const [whole, comments = '', language = '', body = ''] = match;
    const before =
      text.slice(0, match.index) + whole.slice(0, whole.indexOf('```', comments.length));
    return {
      path,
      language,
      line: before.split('\n').length + 1,
      body,
      notRun: /<!-- not run: ([^]*?)\s*-->/.exec(comments)?.[1],
      given: /<!-- given: ([^]*?)\s*-->/.exec(comments)?.[1] ?? '',
    };
  });
}

/** A name for files and folders of a fence: `src-client-README-31`. */
export function fileNameOf({ path, line }: Fence): string {
  return `${path.replace(/\.md$/, '').replaceAll(/\W+/g, '-')}-${line}`;
}

/** The paths and anchors that a document links to, without those of other sites. */
export function linksOf({ text }: Document): string[] {
  const pattern =
    /(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/gm;
  return Array.from(withoutCode(text).matchAll(pattern), ([, link, image, reference]) => {
    return link ?? image ?? reference ?? '';
  }).filter((target) => !/^[a-z]+:/i.test(target));
}

/** The path below the root of the repository that a link of a document leads to. */
export function targetOf({ path }: Document, link: string): string {
  const [file = ''] = link.split('#', 1);
  return file === '' ? path : join(dirname(path), decodeURI(file));
}

/** The anchors of a document's headings, as code hosts and editors make them. */
export function anchorsOf({ text }: Document): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = heading
      .trim()
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const repeated = [...anchors].filter((other) => other.replace(/-\d+$/, '') === slug).length;
    anchors.add(repeated === 0 ? slug : `${slug}-${repeated}`);
  }
  return anchors;
}

function withoutCode(text: string): string {
  return withoutFences(text).replaceAll(/`[^`\n]*`/g, (code) => '`'.padEnd(code.length, '`'));
}

function withoutFences(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '');
}
