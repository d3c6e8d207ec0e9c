import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** A browser that can be started, or why there is none. */
export type FoundBrowser =
  | { readonly path: string; readonly args: readonly string[]; readonly reason?: never }
  | { readonly reason: string; readonly path?: never };

/** Prints the path and the arguments of the browser in the package, which it unpacks first. */
const UNPACK = `
  import('@sparticuz/chromium').then(async ({ default: chromium }) => {
    const path = await chromium.executablePath();
    console.log(JSON.stringify({ path, args: chromium.args }));
  });
`;

/**
 * Finds a browser: the one that PERSONGUIDE_BROWSER names, chromium, google-chrome, or the one in the
 * package @sparticuz/chromium, which is for Linux. It has been started once to see whether it can be.
 */
export function findBrowser(): FoundBrowser {
  const { PERSONGUIDE_BROWSER: chosen } = process.env;
  if (chosen !== undefined) return started({ path: chosen, args: SANDBOX });
  const installed = ['chromium', 'google-chrome'].find((name) => startFault(name) === undefined);
  return installed === undefined ? packaged() : { path: pathOf(installed), args: SANDBOX };
}

/** Chromium does not run as root with its sandbox. */
const SANDBOX: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

function packaged(): FoundBrowser {
  const cwd = resolve(__dirname, '../..');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', UNPACK], {
    cwd,
    encoding: 'utf8',
  });
  if (status !== 0) return { reason: `@sparticuz/chromium: ${lastLine(stderr)}` };
  const { path, args } = JSON.parse(stdout) as { path: string; args: string[] };
  // In a single process, the first context that is closed takes the browser with it.
  return started({ path, args: args.filter((arg) => arg !== '--single-process') });
}

function started(browser: { path: string; args: readonly string[] }): FoundBrowser {
  const fault = startFault(browser.path);
  return fault === undefined ? browser : { reason: `${browser.path}: ${fault}` };
}

/** Why a program cannot be started; undefined if it can. */
function startFault(path: string): string | undefined {
  const { status, error, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? lastLine(stderr));
}

function pathOf(name: string): string {
  const { stdout } = spawnSync('which', [name], { encoding: 'utf8' });
  return stdout.trim();
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
