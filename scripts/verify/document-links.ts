import { existsSync } from 'node:fs';
import { anchorsOf, linksOf, targetOf, type Document } from './markdown.js';

/** Rejects with every relative link of the documents that leads nowhere. */
export function linksResolve(documents: readonly Document[]): Promise<undefined> {
  const problems = documents.flatMap((document) =>
    linksOf(document)
      .filter((link) => !resolves(document, link, documents))
      .map((link) => `${document.path} links to ${link}, which does not exist`),
  );
  if (problems.length > 0) return Promise.reject(new Error(problems.join('\n')));
  return Promise.resolve(undefined);
}

function resolves(document: Document, link: string, documents: readonly Document[]): boolean {
  const target = targetOf(document, link);
  if (target.startsWith('..') || !existsSync(target)) return false;
  const anchor = link.split('#')[1];
  if (anchor === undefined) return true;
  const linked = documents.find(({ path }) => path === target);
  return linked !== undefined && anchorsOf(linked).has(anchor);
}
