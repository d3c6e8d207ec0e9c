import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { readPackageJson } from './installed-package.js';
import { readDocuments } from './markdown.js';
import { runProgram } from './run-program.js';

/** Packs a folder as it is, and resolves with the path of the tarball in `into`. */
export async function packFolder(folder: string, into: string): Promise<string> {
  const { name, version } = await readPackageJson(folder);
  const args = ['pack', '--loglevel=error', '--ignore-scripts', '--pack-destination', into];
  await runProgram('npm', args, { cwd: folder });
  return join(into, `${name}-${version}.tgz`);
}

/** Packs the package from the present build. Resolves with the path of the tarball in `into`. */
export async function packWhole(into: string): Promise<string> {
  using stage = temporaryFolder();
  const documents = (await readDocuments()).map(({ path }) => path);
  for (const path of [
    'package.json',
    'LICENSE',
    'proto',
    'scripts/personguide.cjs',
    'scripts/observe',
    'src/web/page/page.png',
    'dist/src/web/page',
    ...documents,
  ]) {
    await cp(path, stage.file(path), { recursive: true });
  }
  await copyBuilt('dist', stage.path);
  return await packFolder(stage.path, into);
}

/**
 * Copies the modules and types of a folder, or of one file, to the same path below `to`. Leaves out
 * the source maps, and the comments that name them, as the build for `npm pack` does.
 */
export async function copyBuilt(path: string, to: string): Promise<void> {
  const names = /\.\w+$/.test(path) ? [''] : await readdir(path, { recursive: true });
  for (const file of names.map((name) => join(path, name))) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const text = await readFile(file, 'utf8');
    await mkdir(join(to, dirname(file)), { recursive: true });
    await writeFile(join(to, file), text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'));
  }
}
