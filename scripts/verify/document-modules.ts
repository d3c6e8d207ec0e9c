import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDemoServers, writeCertificates, type DemoServers } from './demo-servers.js';
import { fileNameOf, type Fence } from './markdown.js';
import { repositoryBin, runNode, runProgram } from './run-program.js';
import type { Step } from './step.js';

/** The folder of the blocks, below the installed package's. */
const MODULES = 'modules';

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  types: ['node', 'jest'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  rootDir: '.',
  outDir: 'out',
};

/** A step that compiles all TypeScript blocks against the package installed in `root`. */
export function compileStep(root: string, fences: readonly Fence[]): Step {
  const blocks = fences.filter(({ language }) => language === 'ts');
  return {
    name: `documents: ${blocks.length} TypeScript blocks compile`,
    run: () => compile(join(root, MODULES), blocks),
  };
}

/**
 * Steps that run each compiled block as a module of its own. If the first line of a block names a
 * `.test.ts` file, jest runs it. Each `// prints TEXT` at the end of a line must be a line of the
 * output, in the same order.
 */
export function moduleSteps(root: string, fences: readonly Fence[]): Step[] {
  return fences
    .filter(({ language, notRun }) => language === 'ts' && notRun === undefined)
    .map((block) => ({
      name: `${block.path}:${block.line} ${titleOf(block)}`,
      run: () => withServers(join(root, MODULES), block),
    }));
}

function titleOf({ body }: Fence): string {
  const lines = body.split('\n').filter((line) => !/^(import |$)/.test(line));
  return (lines[0] ?? body).slice(0, 60);
}

/** Whether jest runs the block. */
function isSuite({ body }: Fence): boolean {
  return /^\/\/ \S+\.test\.ts$/m.test(body.split('\n', 1)[0] ?? '');
}

/** Suites are CommonJS, which jest runs without flags; the rest are ES modules, for top-level await. */
function nameOf(block: Fence): string {
  return isSuite(block) ? `suites/${fileNameOf(block)}.test` : fileNameOf(block);
}

async function compile(folder: string, blocks: readonly Fence[]): Promise<undefined> {
  await mkdir(join(folder, 'suites'), { recursive: true });
  await writePackage(folder, { type: 'module' });
  await writePackage(join(folder, 'suites'), { type: 'commonjs' });
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  for (const block of blocks) await writeFile(join(folder, `${nameOf(block)}.ts`), textOf(block));
  await runProgram(repositoryBin('tsc'), ['-p', '.'], { cwd: folder });
  return undefined;
}

/** The block at the line where the document has it, so that compiler errors name that line. */
function textOf({ body, given, line }: Fence): string {
  return `${'\n'.repeat(Math.max(0, line - 2))}${given.replaceAll('\n', ' ')} export {};\n${body}`;
}

async function writePackage(folder: string, manifest: object): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
}

async function withServers(folder: string, block: Fence): Promise<undefined> {
  const compiled = join(folder, 'out', `${nameOf(block)}.js`);
  const cwd = join(folder, `run-${fileNameOf(block)}`);
  await mkdir(cwd);
  await writeCertificates(cwd);
  await using servers = await startDemoServers(cwd);
  if (isSuite(block)) await runSuite(compiled, cwd, servers);
  else await runModule(compiled, cwd, block, servers);
  return undefined;
}

async function runModule(
  compiled: string,
  cwd: string,
  block: Fence,
  servers: DemoServers,
): Promise<void> {
  await writePackage(cwd, { type: 'module' });
  await copyAddressed(compiled, join(cwd, 'main.js'), servers);
  const output = (await runNode(['main.js'], { cwd })).split('\n');
  let from = 0;
  for (const [, expected = ''] of block.body.matchAll(/\/\/ prints (.*)$/gm)) {
    const at = output.indexOf(expected, from);
    if (at < 0) throw new Error(`the output lacks ${expected}:\n${output.join('\n')}`);
    from = at + 1;
  }
}

async function runSuite(compiled: string, cwd: string, servers: DemoServers): Promise<void> {
  await writePackage(cwd, { jest: { testEnvironment: 'node' } });
  await copyAddressed(compiled, join(cwd, 'main.test.js'), servers);
  await runProgram(repositoryBin('jest'), ['--ci'], { cwd });
}

async function copyAddressed(from: string, to: string, { addressed }: DemoServers): Promise<void> {
  await writeFile(to, addressed(await readFile(from, 'utf8')));
}
