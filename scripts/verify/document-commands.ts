import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDemoServers, writeCertificates } from './demo-servers.js';
import { startBlockServer, startsServer, type BlockServer } from './document-server.js';
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
 * a line; a line that is only `…` or `...` matches any number of lines. A server that a block starts
 * runs until its end, and the commands after it call that one.
 */
export function commandSteps(root: string, fences: readonly Fence[]): Step[] {
  const usesCurl = ({ body }: Fence): boolean => /^\$ curl /m.test(body);
  const runsCurl = spawnSync('curl', ['--version']).status === 0;
  if (!runsCurl) {
    console.log(`not run: ${fences.filter(usesCurl).length} blocks, because curl is not installed`);
  }
  return fences
    .filter(({ notRun }) => notRun === undefined)
    .filter((fence) => runsCurl || !usesCurl(fence))
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
  await using demo = await startDemoServers(cwd);
  let server: BlockServer | undefined;
  const bins = join(root, 'node_modules/.bin');
  try {
    for (const { text, output } of commandsOf(fence)) {
      const command = text.replaceAll(/\bnpx /g, '');
      if (startsServer(command)) {
        server = await startBlockServer(`PATH="${bins}:$PATH"; ${command}`, cwd);
        continue;
      }
      const { address, addressed } = server ?? demo;
      const script = `PATH="${bins}:$PATH"; { ${addressed(command)}\n} 2>&1; exit 0`;
      const printed = await runProgram('sh', ['-c', script], {
        cwd,
        env: { PERSONGUIDE_ADDRESS: address },
      });
      if (patternOf(addressed(output)).test(printed.trimEnd())) continue;
      throw new Error(`$ ${text}\nprints\n${printed}\ninstead of\n${output}`);
    }
  } finally {
    await server?.stop();
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
