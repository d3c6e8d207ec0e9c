import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** A browser that can be started, or why there is none. */
export type FoundBrowser =
  | { readonly path: string; readonly args: readonly string[]; readonly reason?: never }
  | { readonly reason: string; readonly path?: never };

/** Prints the path of the browser in the package, which it unpacks first. */
const UNPACK = `
  import('@sparticuz/chromium').then(async ({ default: chromium }) => {
    console.log(await chromium.executablePath());
  });
`;

/**
 * Finds a browser: the one that PERSONGUIDE_BROWSER names, chromium, google-chrome, or the one in the
 * package @sparticuz/chromium, which is for Linux. It has been started once to see whether it can be.
 */
export function findBrowser(): FoundBrowser {
  const { PERSONGUIDE_BROWSER: chosen } = process.env;
  if (chosen !== undefined) return started(chosen);
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
  // The arguments of the package turn parts of the security of the browser off.
  return started(stdout.trim());
}

function started(path: string): FoundBrowser {
  const fault = startFault(path);
  return fault === undefined ? { path, args: SANDBOX } : { reason: `${path}: ${fault}` };
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
