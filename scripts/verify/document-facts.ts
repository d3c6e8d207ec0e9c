import { readFile } from 'node:fs/promises';
import { settings } from '../../src/config.js';
import type { Document } from './markdown.js';

/** The rows of the table of settings. */
function settingRows(): string[] {
  return Object.values(settings).map(({ flag, variable, default: byDefault, help }) => {
    const cells = [
      code(flag),
      code(variable),
      byDefault === undefined ? '' : code(byDefault),
      help,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replace(
      '|  |',
      '| |',
    );
  });
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Rejects unless a document has the table of settings, and each that lists `--listen` has all of it. */
export function settingsAreListed(documents: readonly Document[]): Promise<undefined> {
  const expected = settingRows().join('\n');
  const tables = documents
    .map(({ text }) => settingsOf(text))
    .filter((table) => table.includes(settings.listen.variable));
  if (tables.length > 0 && tables.every((table) => table === expected)) {
    return Promise.resolve(undefined);
  }
  return Promise.reject(new Error(`the table of settings must be\n${expected}`));
}

function settingsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^\| `--.*`PERSONGUIDE_/.test(line))
    .join('\n');
}

/** Rejects for the version of another release, and for npm scripts that do not exist. */
export async function namesAreReal(documents: readonly Document[]): Promise<undefined> {
  const { version, scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
    readonly version: string;
    readonly scripts: Readonly<Record<string, string>>;
  };
  const problems = documents.flatMap(({ path, text }) => [
    ...Array.from(text.matchAll(/\bpersonguide(?:-client)?[@-](\d+\.\d+\.\d+)/g))
      .filter(([, named]) => named !== version)
      .map(([named]) => `${path}: ${named} is not version ${version}`),
    ...Array.from(text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g))
      .filter(([, name = '']) => !Object.hasOwn(scripts, name))
      .map(([named]) => `${path}: the script "${named}" does not exist`),
  ]);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}
