import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { packClient, SLIM_NAME } from '../slim-package.js';
import { installTarball } from './installed-package.js';
import {
  proveBin,
  proveBundle,
  proveJest,
  proveSubpaths,
  proveTypeScript,
} from './package-consumers.js';
import {
  clientLoadsOnlyItself,
  dependenciesOf,
  filesOf,
  readmeLinksOf,
  slimFiles,
  wholeFiles,
} from './package-content.js';
import { packWhole } from './packed-package.js';
import { runSteps, type Count, type Step } from './step.js';
import { repositoryBin, runProgram } from './run-program.js';

/**
 * Packs the package, and the slim package with only the client. Installs the tarballs into folders
 * outside the repository, and uses them there in each way that consumers do.
 */
export async function packaging(): Promise<Count> {
  using folder = temporaryFolder();
  const [whole, slim] = [folder.file('whole'), folder.file('slim')];
  await mkdir(whole);
  await mkdir(slim);
  const tarball = await packWhole(folder.path);
  const slimTarball = await packClient(folder.path);
  await installTarball(tarball, whole);
  await installTarball(slimTarball, slim);
  // Each step has a folder of its own, and most of them wait for one compiler process.
  return await runSteps([...wholeSteps(tarball, whole), ...slimSteps(slimTarball, slim)], 2);
}

function wholeSteps(tarball: string, folder: string): Step[] {
  return [
    { name: 'package: files', run: () => filesOf(join(folder, 'unpacked/package'), wholeFiles) },
    { name: 'package: dependencies', run: () => dependenciesOf(join(folder, 'unpacked/package')) },
    {
      name: 'package: links of the README',
      run: () => readmeLinksOf(join(folder, 'unpacked/package')),
    },
    ...linters('package', tarball, folder),
    { name: 'package: ESM, nodenext', run: () => proveTypeScript(folder, 'esm') },
    { name: 'package: CommonJS, node16', run: () => proveTypeScript(folder, 'commonjs') },
    { name: 'package: CommonJS, node10', run: () => proveTypeScript(folder, 'node10') },
    { name: 'package: esbuild', run: () => proveBundle(folder) },
    { name: 'package: jest', run: () => proveJest(folder) },
    { name: 'package: subpaths', run: () => proveSubpaths(folder, 'personguide') },
    { name: 'package: bin', run: () => proveBin(folder) },
    { name: 'package: "." is the client', run: () => clientLoadsOnlyItself(folder, 'personguide') },
  ];
}

function slimSteps(tarball: string, folder: string): Step[] {
  return [
    {
      name: 'slim package: files',
      run: () => filesOf(join(folder, 'unpacked/package'), slimFiles),
    },
    {
      name: 'slim package: dependencies',
      run: () => dependenciesOf(join(folder, 'unpacked/package')),
    },
    ...linters('slim package', tarball, folder),
    { name: 'slim package: ESM, nodenext', run: () => proveTypeScript(folder, 'esm', SLIM_NAME) },
    {
      name: 'slim package: CommonJS, node10',
      run: () => proveTypeScript(folder, 'node10', SLIM_NAME),
    },
    { name: 'slim package: subpaths', run: () => proveSubpaths(folder, SLIM_NAME) },
    {
      name: 'slim package: "." is the client',
      run: () => clientLoadsOnlyItself(folder, SLIM_NAME),
    },
  ];
}

function linters(name: string, tarball: string, cwd: string): Step[] {
  const lint = async (bin: string, ...args: string[]): Promise<undefined> => {
    await runProgram(repositoryBin(bin), [...args, tarball], { cwd });
    return undefined;
  };
  return [
    { name: `${name}: publint`, run: () => lint('publint', '--strict') },
    { name: `${name}: are the types wrong`, run: () => lint('attw', '--no-emoji') },
  ];
}
