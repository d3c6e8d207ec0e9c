import { readFile } from 'node:fs/promises';
import { settings } from '../../src/config.js';

/** The rows of the README's table of settings. */
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

/** Rejects unless the text has the table of settings, and no row besides. */
export function settingsAreTold(markdown: string): Promise<undefined> {
  const rows = settingRows();
  const told = markdown.split('\n').filter((line) => /^\| `--.*`PERSONGUIDE_/.test(line));
  if (told.join('\n') === rows.join('\n')) return Promise.resolve(undefined);
  return Promise.reject(new Error(`the table of settings must be\n${rows.join('\n')}`));
}

/** Rejects for the version of another release, and for commands of npm that do not exist. */
export async function namesAreReal(markdown: string): Promise<undefined> {
  const { version, scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
    readonly version: string;
    readonly scripts: Readonly<Record<string, string>>;
  };
  const versions = Array.from(markdown.matchAll(/\bpersonguide(?:-client)?[@-](\d+\.\d+\.\d+)/g));
  const commands = Array.from(markdown.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g));
  const problems = [
    ...versions.filter(([, told]) => told !== version).map(([told]) => `${told} is not ${version}`),
    ...commands
      .filter(([, name = '']) => !Object.hasOwn(scripts, name))
      .map(([told]) => `there is no ${told}`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return undefined;
}
