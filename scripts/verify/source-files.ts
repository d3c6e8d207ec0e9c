import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A file of src/ that is not a test. */
export interface SourceFile {
  /** Its path below src/. */
  readonly path: string;
  /** Its text without comments. */
  readonly code: string;
  /** The files that it imports, by their paths below src/, and the packages, by their names. */
  readonly imports: readonly string[];
}

/** Reads all files of src/ except tests and test support. */
export async function readSources(): Promise<SourceFile[]> {
  const paths = await readdir('src', { recursive: true });
  return Promise.all(paths.filter(isSource).map(readSource));
}

function isSource(path: string): boolean {
  return (
    /(?<!\.test|\.test\.support)\.tsx?$/.test(path) && !/^(contract|test-support)\//.test(path)
  );
}

async function readSource(path: string): Promise<SourceFile> {
  const text = await readFile(join('src', path), 'utf8');
  const code = text.replaceAll(/\/\*[^]*?\*\/|(?<!:)\/\/.*$/gm, '');
  const pattern = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*'([^']+)'/g;
  const imports = Array.from(code.matchAll(pattern), ([, target = '']) => resolve(path, target));
  return { path, code, imports };
}

function resolve(path: string, target: string): string {
  if (!target.startsWith('.')) return target;
  const file = relative('src', join('src', dirname(path), target)).replace(/\.js$/, '.ts');
  return existsSync(join('src', `${file}x`)) ? `${file}x` : file;
}

/** The innermost of `parts` that a path below src/ is in: `rpc/grpc/serve.ts` is in `rpc/grpc`. */
export function partOf(path: string, parts: readonly string[]): string {
  const folders = path.split('/').map((_, index, names) => names.slice(0, index + 1).join('/'));
  return folders.findLast((folder) => parts.includes(folder)) ?? folders[0] ?? path;
}

/** The package that an import names: `@grpc/grpc-js` for `@grpc/grpc-js/build/src`. */
export function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}
