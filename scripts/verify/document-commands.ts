import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDemoServers, writeCertificates } from './demo-servers.js';
import { fileNameOf, type Fence } from './markdown.js';
import { runProgram } from './run-program.js';
import type { Step } from './step.js';

interface Command {
  readonly text: string;
  readonly output: string;
}

/**
 * Steps that run the `$` lines of console blocks, each block in an empty folder and with a demo
 * server of its own, and compare the output with the lines below them. `…` matches any text within
 * a line; a line that is only `…` or `...` matches any number of lines.
 */
export function commandSteps(root: string, fences: readonly Fence[]): Step[] {
  return fences
    .filter(({ notRun }) => notRun === undefined)
    .filter(({ language, body }) => /^(console|sh)$/.test(language) && /^\$ /m.test(body))
    .map((fence) => ({
      name: `${fence.path}:${fence.line} ${commandsOf(fence)[0]?.text.slice(0, 60) ?? ''}`,
      run: () => runCommands(root, fence),
    }));
}

async function runCommands(root: string, fence: Fence): Promise<undefined> {
  const cwd = join(root, fileNameOf(fence));
  await mkdir(cwd);
  await writeCertificates(cwd);
  await using servers = await startDemoServers(cwd);
  const bins = join(root, 'node_modules/.bin');
  const env = { PERSONGUIDE_ADDRESS: servers.address };
  for (const { text, output } of commandsOf(fence)) {
    const command = servers.addressed(text.replaceAll(/\bnpx /g, ''));
    const script = `PATH="${bins}:$PATH"; { ${command}\n} 2>&1; exit 0`;
    const printed = await runProgram('sh', ['-c', script], { cwd, env });
    if (patternOf(servers.addressed(output)).test(printed.trimEnd())) continue;
    throw new Error(`$ ${text}\nprints\n${printed}\ninstead of\n${output}`);
  }
  return undefined;
}

/** Each `$` line, joined with the next if it ends in a backslash, and the output below it. */
function commandsOf({ body }: Fence): Command[] {
  const pattern = /^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm;
  return Array.from(body.matchAll(pattern), ([, text = '', output = '']) => ({
    text,
    output: output.trimEnd(),
  }));
}

/** A pattern for the printed lines; spaces at the end of a line do not count. */
function patternOf(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    if (/^\s*(…|\.\.\.)$/.test(line)) return '(?:.*\\n?)*?';
    const parts = line
      .trimEnd()
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return `${parts.join('.*')}[ \\t]*(?:\\n|$)`;
  });
  return new RegExp(`^${lines.join('')}$`);
}
