// Bundles src/web/page into dist/src/web/page, in 0.2 s. There is nothing for its users to build.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the page is, below the root and below dist/. */
export const PAGE_FOLDER = join('src', 'web', 'page');

const STATIC_FILES = ['index.html', 'icon.svg'];

/** Writes the page into dist/. Rejects if its sources cannot be bundled; esbuild prints why. */
export async function buildPage(root) {
  const { build } = await import('esbuild');
  const source = join(root, PAGE_FOLDER);
  const target = join(root, 'dist', PAGE_FOLDER);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [join(source, 'page.tsx'), join(source, 'page.css')],
    outdir: target,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome116', 'firefox124', 'safari17.4'],
    tsconfig: join(source, 'tsconfig.json'),
    legalComments: 'eof',
    logLevel: 'warning',
    alias: {
      '@grpc/grpc-js': join(source, 'stubs/grpc-js.ts'),
      long: join(source, 'stubs/long.ts'),
    },
    plugins: [withoutJson],
  });
  for (const file of STATIC_FILES) copyFileSync(join(source, file), join(target, file));
}

/** Methods of generated messages that the page does not call: two fifths of its size. */
const JSON_METHODS = /^ {2}(?:fromJSON|toJSON|create)\b[^]*?^ {2}\},$/gm;

const withoutJson = {
  name: 'without-json',
  setup(build) {
    build.onLoad({ filter: /[\\/]gen[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replace(JSON_METHODS, ''), loader: 'ts' };
    });
  },
};
