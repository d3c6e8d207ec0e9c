import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shell, type Count } from './step.js';
import { inTempFolder } from './temp-folder.js';

/** Suites that must have run: what the product promises is not proved by a run without them. */
const promised: readonly string[] = [
  'Store contract: SQLite, in a file',
  'Store contract: SQLite, in memory',
  'PersonGuide contract: SQLite, in a file',
  'PersonGuide contract: SQLite, in memory',
  'UserService contract: SQLite, in a file',
  'UserService contract: SQLite, in memory',
];

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly ancestorTitles: readonly string[] }[];
  }[];
}

/** Runs every jest suite; fails when a promised one did not run or a test was skipped. */
export function jestSuites(): Promise<Count> {
  return inTempFolder(async (folder) => {
    const file = join(folder, 'report.json');
    const { code } = await shell(`jest --ci --json --outputFile ${file} >/dev/null`, {
      echo: true,
    });
    return judge(JSON.parse(await readFile(file, 'utf8')) as JestReport, code);
  });
}

function judge(report: JestReport, code: number): Count {
  const ran = new Set(
    report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.flatMap(({ ancestorTitles }) => ancestorTitles),
    ),
  );
  const absent = promised.filter((suite) => !ran.has(suite));
  for (const suite of absent) console.log(`did not run: ${suite}`);
  const broken = report.numFailedTests + report.numPendingTests + absent.length;
  // A suite that does not load has no failed tests, and an open handle none either.
  const failed = broken === 0 && code !== 0 ? Math.max(1, report.numFailedTestSuites) : broken;
  return { passed: report.numPassedTests, failed };
}
