import { readFile } from 'node:fs/promises';
import { temporaryFolder } from '../../src/test-support/temporary-folder.js';
import { shell, type Count } from './step.js';

/** Suites that must have run: without them, the engine does not keep the contract. */
const requiredSuites: readonly string[] = [
  'Store contract: SQLite, in a file',
  'Store contract: SQLite, in memory',
  'Store contract: PostgreSQL',
  'PersonGuide contract: SQLite, in a file',
  'PersonGuide contract: SQLite, in memory, all calls through grpc-js',
  'PersonGuide contract: PostgreSQL',
  'PersonGuide contract: Connect with JSON',
  'PersonGuide contract: Connect, binary',
  'PersonGuide contract: gRPC-Web',
  'UserService contract: Connect with JSON',
  'UserService contract: Connect, binary',
  'UserService contract: gRPC-Web',
  'UserService contract: SQLite, in a file',
  'UserService contract: SQLite, in memory, all calls through grpc-js',
  'UserService contract: PostgreSQL',
];

/** A test, as far as its report is read here. */
interface TestResult {
  /** The titles of the blocks around it, outermost first. */
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'todo' | 'skipped' | 'disabled';
}

/** What jest writes with --json. */
interface JestReport {
  readonly numFailedTestSuites: number;
  readonly testResults: readonly { readonly assertionResults: readonly TestResult[] }[];
}

/** Runs all jest suites. Fails if a required one did not run, or a test is skipped for no reason. */
export async function jestSuites(): Promise<Count> {
  using folder = temporaryFolder();
  const file = folder.file('report.json');
  const { code } = await shell(`jest --ci --json --outputFile ${file} >/dev/null`, { echo: true });
  return judge(JSON.parse(await readFile(file, 'utf8')) as JestReport, code);
}

function judge(report: JestReport, code: number): Count {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed');
  const reasons = tests
    .filter(({ status }) => status === 'pending')
    .flatMap((test) => reasonOf(test) ?? []);
  const problems = tests.length - passed.length - reasons.length;
  const absent = requiredSuites.filter((suite) => !passed.some((test) => isIn(test, suite)));
  for (const suite of absent) console.log(`did not run: ${suite}`);
  const failed = problems + absent.length;
  return {
    passed: passed.length,
    // A suite that does not load has no failed tests, and neither has an open handle.
    failed: failed === 0 && code !== 0 ? Math.max(1, report.numFailedTestSuites) : failed,
    skipped: reasons.length,
    notes: [...casesOf(passed), ...counted(reasons)],
  };
}

/** Why a test is skipped: `skipped: REASON` at the end of its title, or of a block around it. */
function reasonOf({ ancestorTitles, title }: TestResult): string | undefined {
  return [...ancestorTitles, title].find((text) => /\bskipped: \S/.test(text));
}

function isIn({ ancestorTitles }: TestResult, suite: string): boolean {
  return ancestorTitles.includes(suite);
}

/** A line for each contract and engine, with the number of its cases. */
function casesOf(passed: readonly TestResult[]): string[] {
  const suites = passed.flatMap(({ ancestorTitles }) =>
    ancestorTitles.filter((title) => / contract: /.test(title)),
  );
  return counted(suites);
}

/** `42 TEXT` for each different text. */
function counted(texts: readonly string[]): string[] {
  return [...new Set(texts)]
    .sort()
    .map((text) => `${texts.filter((other) => other === text).length} ${text}`);
}
