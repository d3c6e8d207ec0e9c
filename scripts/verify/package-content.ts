import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { readPackageJson } from './installed-package.js';
import { linksOf, targetOf } from './markdown.js';
import { runNode } from './run-program.js';

/** What a tarball must have, and all that it may have. */
export interface Content {
  readonly required: readonly string[];
  readonly allowed: RegExp;
}

/** The content of the whole package. */
export const wholeFiles: Content = {
  required: [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'package.json',
    'proto/personguide/person_guide.proto',
    'scripts/personguide.cjs',
    'dist/src/main.js',
    'dist/src/index.d.ts',
    'dist/src/web/page/index.html',
    'dist/src/web/page/page.css',
    'dist/src/web/page/page.js',
  ],
  allowed:
    /^(dist\/src\/web\/page\/(index\.html|page\.(js|css)|icon\.svg)|src\/web\/page\/page\.png|(README|CHANGELOG)\.md|\.github\/\w+\.md|(src|scripts\/(bench|observe))\/(.*\/)?README\.md|scripts\/observe\/(dashboard\.json|alerts\.yml)|LICENSE|package\.json|scripts\/personguide\.cjs|proto\/.*\.proto|dist\/(gen|src(?!\/(contract|examples|test-support)\/))\/.*\.(js|d\.ts))$/,
};

/** The content of the package with the client alone. */
export const slimFiles: Content = {
  required: [
    'README.md',
    'LICENSE',
    'package.json',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'proto/personguide/person_guide.proto',
  ],
  allowed:
    /^(README\.md|LICENSE|package\.json|proto\/.*\.proto|dist\/(gen|src\/(client|tracing))\/.*\.(js|d\.ts)|dist\/src\/(index|host-port|did-you-mean|node-http2-internals)\.(js|d\.ts))$/,
};

/** Rejects with what an unpacked tarball lacks and what does not belong there. */
export async function filesOf(folder: string, { required, allowed }: Content): Promise<undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const problems = required.filter((file) => !files.includes(file)).map((file) => `no ${file}`);
  for (const file of files) {
    if (!allowed.test(file) || /\.test\./.test(file)) {
      problems.push(`${file} does not belong there`);
    } else if (isStale(file)) {
      problems.push(`${file} is left from an earlier build: remove dist/ and build again`);
    } else if ((await readFile(join(folder, file), 'utf8')).includes('\n//# sourceMappingURL=')) {
      problems.push(`${file} names a map that is not there`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}

function isStale(file: string): boolean {
  const source = file.slice(5).replace(/(\.d\.ts|\.js)$/, '.ts');
  return file.startsWith('dist/') && !existsSync(source) && !existsSync(`${source}x`);
}

/**
 * Rejects unless the code and the types of an unpacked tarball name exactly the packages that it
 * depends on. A flat node_modules would hide one that only another package depends on.
 */
export async function dependenciesOf(folder: string): Promise<undefined> {
  const { dependencies = {}, peerDependencies = {} } = await readPackageJson(folder);
  const files = await readdir(join(folder, 'dist'), { recursive: true });
  const named = new Set<string>();
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const text = await readFile(join(folder, 'dist', file), 'utf8');
    for (const name of packagesIn(text)) named.add(name);
  }
  const expected = Object.keys({ ...dependencies, ...peerDependencies })
    .sort()
    .join(', ');
  const found = [...named].sort().join(', ');
  if (found !== expected) throw new Error(`depends on ${expected}, and uses ${found}`);
  return undefined;
}

function packagesIn(text: string): string[] {
  const pattern = /(?:\bfrom |\bimport |\bimport\(|\brequire\()["']([^."'][^"']*)["']/g;
  return Array.from(text.matchAll(pattern), ([, target = '']) => target)
    .filter((target) => !isBuiltin(target))
    .map((target) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target);
}

/** Rejects with every relative link of the README that leads out of an unpacked tarball. */
export async function readmeLinksOf(folder: string): Promise<undefined> {
  const readme = { path: 'README.md', text: await readFile(join(folder, 'README.md'), 'utf8') };
  const broken = linksOf(readme).filter(
    (link) => !existsSync(join(folder, targetOf(readme, link))),
  );
  if (broken.length > 0) throw new Error(`not in the package: ${broken.join(', ')}`);
  return undefined;
}

/** Prints what is loaded after a require, below the folder and of Node itself. */
const LIST_LOADED = `
  require(process.argv[1]);
  console.log(JSON.stringify([...Object.keys(require.cache), ...process.moduleLoadList]));
`;

/** Rejects when an import of the package loads more than the client and the packages it needs. */
export async function clientLoadsOnlyItself(folder: string, name: string): Promise<undefined> {
  const output = await runNode(['-e', LIST_LOADED, name], { cwd: folder });
  const loaded = JSON.parse(output) as string[];
  const modules = `${join(folder, 'node_modules')}/`;
  const own = loaded.filter((file) => file.startsWith(`${modules}${name}/`));
  const strange = own.filter(
    (file) =>
      !/^\/dist\/(gen|src\/(client|tracing)|src\/(index|host-port|did-you-mean|node-http2-internals)\.js)/.test(
        file.slice(modules.length + name.length),
      ),
  );
  const packages = loaded.filter((file) => /(sqlite|\/pino|\/commander|\/pg)\b/i.test(file));
  if (own.length === 0) throw new Error(`nothing of ${name} was loaded`);
  const problems = [...strange, ...packages].map((file) => `loads ${file}`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}
