import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runProgram } from './run-program.js';

/** A package.json, as far as it is read here. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Reads the package.json of a folder. */
export async function readPackageJson(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

/**
 * Installs a tarball into `folder/node_modules` as npm would, but without a registry: copies its
 * declared dependencies and their dependencies from this repository, and nothing else. `types` are
 * the development dependencies that a TypeScript consumer has as well.
 */
export async function installTarball(
  tarball: string,
  folder: string,
  types: readonly string[] = ['@types/node'],
): Promise<void> {
  const modules = join(folder, 'node_modules');
  const unpacked = join(folder, 'unpacked');
  await mkdir(modules, { recursive: true });
  await mkdir(unpacked);
  await runProgram('tar', ['-xzf', tarball, '-C', unpacked], { cwd: folder });
  const manifest = await readPackageJson(join(unpacked, 'package'));
  const target = join(modules, manifest.name);
  await cp(join(unpacked, 'package'), target, { recursive: true });
  await linkBins(manifest, modules);
  const dependencies = [...Object.keys(manifest.dependencies ?? {}), ...types];
  await copyDependencies(dependencies, [resolve('node_modules')], modules);
}

/** Copies packages and their dependencies, each from the last of `roots` that has it. */
async function copyDependencies(
  names: readonly string[],
  roots: readonly string[],
  modules: string,
): Promise<void> {
  for (const name of names) {
    const root = roots.findLast((folder) => existsSync(join(folder, name)));
    if (root === undefined) throw new Error(`${name} is declared but not installed`);
    // The node_modules folder inside a package is copied together with the package.
    const copied = root !== roots[0] || existsSync(join(modules, name));
    if (!copied) await cp(join(root, name), join(modules, name), { recursive: true });
    if (copied && root === roots[0]) continue;
    const { dependencies = {} } = await readPackageJson(join(root, name));
    const nested = [...roots, join(root, name, 'node_modules')];
    await copyDependencies(Object.keys(dependencies), nested, modules);
  }
}

async function linkBins({ name, bin = {} }: PackageJson, modules: string): Promise<void> {
  await mkdir(join(modules, '.bin'));
  for (const [command, file] of Object.entries(bin)) {
    await chmod(join(modules, name, file), 0o755);
    await symlink(join('..', name, file), join(modules, '.bin', command));
  }
}
