import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { startTestDirectory } from '../../src/testing.js';
import { readPackageJson } from './installed-package.js';
import { repositoryBin, runNode, runProgram } from './run-program.js';

/** Ways in which TypeScript finds and loads packages. */
const kinds = {
  esm: { type: 'module', compiler: { module: 'nodenext', exactOptionalPropertyTypes: true } },
  commonjs: {
    type: 'commonjs',
    compiler: { module: 'node16', moduleResolution: 'node16', lib: ['es2022'] },
  },
  node10: {
    type: 'commonjs',
    compiler: {
      module: 'commonjs',
      moduleResolution: 'node10',
      ignoreDeprecations: '6.0',
      lib: ['es2022'],
    },
  },
} as const;

/** One way in which TypeScript finds and loads packages. */
export type Kind = keyof typeof kinds;

const strictly = {
  target: 'es2022',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  declaration: true,
  rootDir: '.',
  outDir: 'out',
};

const SOURCES = resolve('scripts/verify/consumers');

/**
 * Compiles a service against the installed package, the package's own types included, and runs it.
 * Under another name than personguide, only the calls of the client are there.
 */
export async function proveTypeScript(
  root: string,
  kind: Kind,
  name = 'personguide',
): Promise<undefined> {
  const { type, compiler } = kinds[kind];
  const whole = name === 'personguide';
  const files = whole ? ['client.ts', 'everything.ts'] : ['client.ts'];
  const folder = await consumerFolder(root, kind, { type });
  for (const file of files) {
    const text = await readFile(join(SOURCES, file), 'utf8');
    await writeFile(join(folder, file), text.replaceAll("'personguide", `'${name}`));
  }
  const compilerOptions = { ...strictly, ...compiler };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  await runProgram(repositoryBin('tsc'), ['-p', '.'], { cwd: folder });
  await runClient(join(folder, 'out/client.js'));
  if (whole) await mustPrint('used', await runNode(['out/everything.js'], { cwd: folder }));
  return undefined;
}

/** Resolves the subpaths of the installed package, with and without the extension of a module. */
export async function proveSubpaths(root: string, name: string): Promise<undefined> {
  const folder = await consumerFolder(root, 'subpaths', {});
  const script = `
    const same = require('${name}/gen/personguide/person_guide') === require('${name}/gen/personguide/person_guide.js');
    const proto = require('node:fs').readFileSync(require.resolve('${name}/proto/personguide/person_guide.proto'), 'utf8');
    console.log(same, proto.includes('service PersonGuide'));`;
  await mustPrint('true true', await runNode(['-e', script], { cwd: folder }));
  return undefined;
}

/** Bundles a service into one file, and runs that where no package is installed. */
export async function proveBundle(root: string): Promise<undefined> {
  const folder = await consumerFolder(root, 'bundle', {});
  await cp(join(SOURCES, 'client.ts'), join(folder, 'client.ts'));
  const bundle = join(root, '..', 'bundle', 'client.js');
  const args = ['client.ts', '--bundle', '--platform=node', '--log-level=warning'];
  await runProgram(repositoryBin('esbuild'), [...args, `--outfile=${bundle}`], { cwd: folder });
  await runClient(bundle);
  return undefined;
}

/** Runs jest on suites that use `personguide/testing`, in both of its module modes. */
export async function proveJest(root: string): Promise<undefined> {
  const folder = await consumerFolder(root, 'jest', {
    jest: { testMatch: ['**/*.test.js', '**/*.test.mjs'] },
  });
  for (const file of ['phones.test.js', 'phones.test.mjs']) {
    await cp(join(SOURCES, file), join(folder, file));
  }
  const env = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
  await runProgram(repositoryBin('jest'), ['--ci'], { cwd: folder, env });
  return undefined;
}

/** Runs the installed command. */
export async function proveBin(root: string): Promise<undefined> {
  const { version } = await readPackageJson('.');
  const bin = join(root, 'node_modules/.bin/personguide');
  const run = (...args: string[]): Promise<string> => runProgram(bin, args, { cwd: root });
  await mustPrint(version, await run('--version'));
  const help = await run('--help');
  if (!help.startsWith('Usage: personguide ')) throw new Error(help);
  const phones = [{ number: '1234' }];
  await using running = await startTestDirectory({ people: [{ id: 1, name: 'Juan', phones }] });
  await mustPrint('1234 MOBILE', await run('phone', '1', '--address', running.address));
  return undefined;
}

async function runClient(file: string): Promise<void> {
  await using running = await startTestDirectory();
  await mustPrint('called', await runNode([file, running.address], { cwd: join(file, '..') }));
}

async function mustPrint(expected: string, output: string): Promise<void> {
  if (output.trim().replaceAll(/\s+/g, ' ') !== expected) {
    throw new Error(`expected ${expected}, got\n${output}`);
  }
}

async function consumerFolder(root: string, name: string, manifest: object): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  const text = JSON.stringify({ name: basename(folder), private: true, ...manifest });
  await writeFile(join(folder, 'package.json'), text);
  return folder;
}
