import { packageOf, partOf, readSources, type SourceFile } from './source-files.js';

/**
 * Which parts of src/ a part may import besides itself. A part is a file at the top of src/ or a
 * folder; `rpc/grpc` is a part of its own. `gen`, Node's own modules and packages are free, except
 * for the packages below. Tests are exempt.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli'],
  'index.ts': ['client'],
  'testing.ts': ['client', 'server', 'directory'],
  'config.ts': ['host-port.ts', 'did-you-mean.ts', 'limits.ts'],
  'directory-options.ts': ['config.ts', 'did-you-mean.ts', 'limits.ts'],
  'did-you-mean.ts': [],
  'host-port.ts': [],
  'limits.ts': ['did-you-mean.ts'],
  'node-http2-internals.ts': [],
  cli: [
    'client',
    'config.ts',
    'formats',
    'did-you-mean.ts',
    'directory/keys.ts',
    'host-port.ts',
    'server/run.ts',
    'server/processes/primary.ts',
    'store/backup-file.ts',
    'store/open.ts',
    'store/redacted-url.ts',
    'index.ts',
  ],
  server: [
    'config.ts',
    'directory-options.ts',
    'did-you-mean.ts',
    'host-port.ts',
    'limits.ts',
    'store/open.ts',
    'directory',
    'service',
    'rpc',
    'rpc/grpc',
    'metrics',
    'web',
    'tracing',
  ],
  tracing: ['rpc', 'directory', 'client/middleware.ts', 'config.ts'],
  metrics: ['rpc', 'directory', 'host-port.ts'],
  web: ['rpc', 'rpc/grpc/half-close.ts', 'limits.ts', 'node-http2-internals.ts'],
  service: ['rpc', 'directory', 'host-port.ts'],
  rpc: ['directory/errors.ts', 'limits.ts'],
  'rpc/grpc': ['rpc', 'directory/errors.ts', 'limits.ts', 'node-http2-internals.ts'],
  store: ['directory'],
  directory: [],
  client: ['host-port.ts', 'did-you-mean.ts', 'node-http2-internals.ts', 'tracing/client-spans.ts'],
  formats: ['client/directory-calls.ts', 'client/message-json.ts', 'did-you-mean.ts'],
  'web/page': ['formats', 'directory/name-key.ts'],
  examples: [],
};

/** The parts that may name a package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['rpc/grpc', 'server', 'client'],
  '@connectrpc/connect': ['web'],
  '@connectrpc/connect-node': ['web'],
  '@photostructure/sqlite': ['store', 'examples'],
  'libphonenumber-js': ['directory'],
  pg: ['store'],
  preact: ['web/page'],
  'prom-client': ['metrics'],
  '@opentelemetry/api': ['tracing'],
  '@opentelemetry/sdk-node': ['tracing'],
  personguide: ['examples'],
  pino: ['server'],
  commander: ['cli', 'main.ts', 'examples'],
};

/** Words that belong to one kind of file. */
const words: readonly { word: RegExp; only: RegExp }[] = [
  {
    word: /process\.exit\b/,
    only: /^(?:main|server\/uncaught-errors)\.ts$/,
  },
  { word: /process\.env\b/, only: /^config\.ts$/ },
  { word: /SQLITE_[A-Z]/, only: /^store\/\w+\/errors\.ts$/ },
];

/** Rejects with every import in src/ that goes the wrong way, and every word in the wrong file. */
export async function importRules(): Promise<undefined> {
  const files = await readSources();
  const problems = files.flatMap((file) => [...wrongImports(file), ...wrongWords(file)]);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}

function wrongImports({ path, imports }: SourceFile): string[] {
  return imports.flatMap((target) => {
    const judge = /\.tsx?$/.test(target) ? judgeModule : judgePackage;
    const problem = judge(path, target);
    return problem === undefined ? [] : [`src/${path} imports ${target}: ${problem}`];
  });
}

function judgePackage(path: string, target: string): string | undefined {
  const owners = packages[packageOf(target)];
  if (owners === undefined || owners.includes(partOf(path, Object.keys(allowed)))) return undefined;
  return `only ${owners.join(', ')} may name it`;
}

function judgeModule(path: string, target: string): string | undefined {
  const part = partOf(path, Object.keys(allowed));
  if (target.startsWith('../gen/') && part !== 'examples') return undefined;
  const targetPart = partOf(target, Object.keys(allowed));
  const rules = allowed[part];
  if (rules === undefined) return `${part} has no import rule`;
  if (targetPart === part || rules.includes(targetPart) || rules.includes(target)) return undefined;
  if (part === 'examples') return 'examples import the package by its name';
  return `${part} may import only ${rules.join(', ') || 'gen'}`;
}

function wrongWords({ path, code }: SourceFile): string[] {
  return words
    .filter(({ word, only }) => word.test(code) && !only.test(path))
    .map(({ word, only }) => `src/${path}: ${word.source} belongs to ${only.source}`);
}
