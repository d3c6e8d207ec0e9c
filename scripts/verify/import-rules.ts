import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * Which parts of src/ a part may import. `gen`, node's own modules and packages are free, but for
 * the packages below. Tests are held to none of this.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli'],
  'index.ts': ['client'],
  'testing.ts': ['client', 'server', 'directory'],
  'config.ts': ['host-port.ts', 'did-you-mean.ts'],
  'directory-options.ts': ['config.ts', 'did-you-mean.ts'],
  'did-you-mean.ts': [],
  'host-port.ts': [],
  cli: [
    'client',
    'config.ts',
    'did-you-mean.ts',
    'host-port.ts',
    'server/run.ts',
    'store/open.ts',
    'index.ts',
  ],
  server: [
    'config.ts',
    'directory-options.ts',
    'did-you-mean.ts',
    'host-port.ts',
    'store/open.ts',
    'directory',
    'service',
    'rpc',
  ],
  service: ['rpc', 'directory'],
  rpc: ['directory/errors.ts'],
  store: ['directory'],
  directory: [],
  client: ['host-port.ts', 'did-you-mean.ts'],
  examples: [],
};

/** Who may name a package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['rpc', 'server', 'client'],
  '@photostructure/sqlite': ['store', 'examples'],
  personguide: ['examples'],
  pino: ['server'],
  commander: ['cli', 'main.ts', 'examples'],
};

/** Words that belong to one kind of file. */
const words: readonly { word: RegExp; only: RegExp }[] = [
  { word: /process\.exit\b/, only: /^main\.ts$/ },
  { word: /process\.env\b/, only: /^config\.ts$/ },
  { word: /SQLITE_[A-Z]/, only: /^store\/\w+\/errors\.ts$/ },
];

/** Rejects with every import in src/ that goes the wrong way. */
export async function importRules(): Promise<undefined> {
  const problems: string[] = [];
  for (const file of await sourceFiles('src')) {
    const text = await readFile(join('src', file), 'utf8');
    for (const target of importsOf(text)) {
      const problem = judge(file, target);
      if (problem !== undefined) problems.push(`src/${file} imports ${target}: ${problem}`);
    }
    for (const { word, only } of words) {
      if (word.test(withoutComments(text)) && !only.test(file)) {
        problems.push(`src/${file}: ${word.source} belongs to ${only.source}`);
      }
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}

async function sourceFiles(root: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true });
  return files.filter(
    (file) =>
      /(?<!\.test|\.test\.support)\.ts$/.test(file) && !/^(contract|test-support)\//.test(file),
  );
}

function importsOf(text: string): string[] {
  const pattern = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*'([^']+)'/g;
  return Array.from(text.matchAll(pattern), ([, target = '']) => target);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}

/** What is wrong with an import, or undefined. */
function judge(file: string, target: string): string | undefined {
  const part = file.split('/')[0] ?? file;
  if (!target.startsWith('.')) {
    const owners = packages[packageOf(target)];
    if (owners === undefined || owners.includes(part)) return undefined;
    return `only ${owners.join(', ')} may name it`;
  }
  const to = resolved(file, target);
  if (to.startsWith('../gen/') && part !== 'examples') return undefined;
  const toPart = to.split('/')[0] ?? to;
  const rules = allowed[part];
  if (rules === undefined) return `${part} has no import rule`;
  if (toPart === part || rules.includes(toPart) || rules.includes(to)) return undefined;
  if (part === 'examples') return 'examples import the package by its name';
  return `${part} may import only ${rules.join(', ') || 'gen'}`;
}

/** `@grpc/grpc-js/build/src` -> `@grpc/grpc-js` */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

function resolved(file: string, target: string): string {
  return relative('src', join('src', dirname(file), target)).replace(/\.js$/, '.ts');
}
