// Three projects, so that a run builds only if its suites need the build, and so that there is a
// fast one:
//   program   suites that start the built program
//   contract  what the stores and the services promise, for each engine
//   unit      all others; `npm run test:unit`
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const ROOT = join(__dirname, '../..');

const usesBuild = new Map();

/** Whether a file, or one that it imports, names a file of dist/. */
function needsBuild(file) {
  const known = usesBuild.get(file);
  if (known !== undefined) return known;
  usesBuild.set(file, false);
  const text = readFileSync(file, 'utf8');
  const needs = /\bdist\//.test(text) || importsOf(file, text).some(needsBuild);
  usesBuild.set(file, needs);
  return needs;
}

function importsOf(file, text) {
  return Array.from(text.matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g), ([, target]) =>
    join(dirname(file), `${target}.ts`),
  ).filter((imported) => existsSync(imported));
}

function projectOf(file) {
  if (needsBuild(join(ROOT, file))) return 'program';
  return file.startsWith('src/contract/') ? 'contract' : 'unit';
}

const suites = readdirSync(join(ROOT, 'src'), { recursive: true })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `src/${file.replaceAll('\\', '/')}`);

function project(displayName, options) {
  return {
    displayName,
    rootDir: ROOT,
    roots: ['<rootDir>/src'],
    testEnvironment: 'node',
    testMatch: suites
      .filter((file) => projectOf(file) === displayName)
      .map((file) => `<rootDir>/${file}`),
    // A limit for tests that hang. It is not reached while other programs use this machine.
    testTimeout: 30_000,
    transform: { '^.+\\.ts$': 'ts-jest' },
    moduleNameMapper: {
      '^(\\.{1,2}/.*)\\.js$': '$1',
      '^personguide$': '<rootDir>/src/index.ts',
      '^personguide/server$': '<rootDir>/src/server/index.ts',
      '^personguide/testing$': '<rootDir>/src/testing.ts',
      '^personguide/gen/(.*)$': '<rootDir>/gen/$1.ts',
    },
    ...options,
  };
}

module.exports = {
  rootDir: ROOT,
  // By default one core stays idle, which is half of a small machine.
  maxWorkers: '100%',
  projects: [
    project('unit'),
    project('contract'),
    project('program', { globalSetup: '<rootDir>/scripts/jest/build-program.mjs' }),
  ],
};
