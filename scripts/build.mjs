// Compiles src/, gen/ and scripts/ into dist/, and bundles the page:
//   node scripts/build.mjs             what has changed since the last build (2 s), or all (9 s)
//   node scripts/build.mjs --package   all, into an empty dist/, without source maps
//   node scripts/build.mjs --if-stale  nothing if dist/ is up to date (20 ms)
//   node scripts/build.mjs --prepare   as --if-stale; nothing if the compiler is not installed
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage, PAGE_FOLDER } from './build-page.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Which sources the last successful build compiled, and when it began. */
const RECORD = join(ROOT, 'dist', 'built.json');
const NO_SOURCE_MAPS = ['--sourceMap', 'false', '--inlineSources', 'false'];
const SOURCE_FOLDERS = ['src', 'gen', 'scripts'];

/**
 * Brings dist/ up to date. Rejects if the sources have type errors; the compiler prints them. The
 * package has no source maps: they would make it twice as large.
 */
export async function build({ sourceMaps = true } = {}) {
  const startedMs = Date.now();
  const sources = listSources();
  removeLeftovers();
  const tsc = compiler();
  if (tsc === undefined) throw new Error('TypeScript is not installed; run npm ci first');
  const { status } = spawnSync(
    process.execPath,
    [tsc, '-p', '.', ...(sourceMaps ? [] : NO_SOURCE_MAPS)],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error('the sources do not compile');
  await buildPage(ROOT);
  await buildThread();
  writeFileSync(RECORD, JSON.stringify({ startedMs, sourceMaps, sources }));
}

/** In place of what the compiler has made of it. */
async function buildThread() {
  const { buildWriterThread } = await import('./build-writer-thread.mjs');
  buildWriterThread(ROOT, join(ROOT, 'dist/src/store/sqlite/writer-thread.js'));
  rmSync(join(ROOT, 'dist/src/store/sqlite/writer-thread.js.map'), { force: true });
}

/** The first source that has changed since the last build; undefined if dist/ is up to date. */
export function firstChange({ sourceMaps = true } = {}) {
  if (!existsSync(RECORD)) return 'dist/';
  const built = JSON.parse(readFileSync(RECORD, 'utf8'));
  if (sourceMaps && !built.sourceMaps) return 'dist/';
  const sources = listSources();
  const added = sources.find((file) => !built.sources.includes(file));
  const removed = built.sources.find((file) => !sources.includes(file));
  const isNewer = (file) => statSync(join(ROOT, file)).mtimeMs >= built.startedMs;
  return added ?? removed ?? ['tsconfig.json', ...sources].find(isNewer);
}

function compiler() {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return existsSync(tsc) ? tsc : undefined;
}

function listSources() {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map((file) => join(folder, file))
      .filter((file) => file.endsWith('.ts') || isOfPage(file)),
  ).sort();
}

/** The page is made of other files, too. */
function isOfPage(file) {
  return file.startsWith(PAGE_FOLDER) && /\.(tsx|css|html|svg)$/.test(file);
}

/** The compiler leaves behind what it made of sources that have since been moved or removed. */
function removeLeftovers() {
  if (!existsSync(join(ROOT, 'dist'))) return;
  for (const file of readdirSync(join(ROOT, 'dist'), { recursive: true })) {
    if (file.startsWith(PAGE_FOLDER)) continue;
    const source = file.replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts');
    if (source !== file && !existsSync(join(ROOT, source))) rmSync(join(ROOT, 'dist', file));
  }
}

async function run(option) {
  if (option === '--prepare') {
    // `npm ci --omit=dev` runs this script without the development dependencies, and `npm pack` runs
    // it after --package.
    if (compiler() !== undefined && firstChange({ sourceMaps: false }) !== undefined) await build();
  } else if (option === '--package') {
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
    await build({ sourceMaps: false });
  } else if (option === undefined || firstChange() !== undefined) {
    await build();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await run(process.argv[2]);
  } catch (error) {
    console.error(`npm run build: ${error.message}`);
    process.exitCode = 1;
  }
}
