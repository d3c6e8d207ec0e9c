import { Command } from 'commander';
import { copyStore, openStore, type CopyCounts, type CopyStep, type Store } from '../store/open.js';
import { CliError } from './cli-error.js';
import { exitCode } from './exit-code.js';

/** How often the progress is drawn, in milliseconds. */
const REDRAW_MS = 200;

/** `personguide copy`: copies everything from one store to another. */
export function copyCommand(): Command {
  return new Command('copy')
    .description('copy everything from a store to an empty one, such as a file to PostgreSQL')
    .argument('<FROM>', 'a SQLite file or a postgres:// URL; stop its servers before')
    .argument('<TO>', 'a new SQLite file, or the postgres:// URL of an empty database')
    .addHelpText(
      'after',
      `
People, users, their ids, times and idempotency keys are copied in one transaction: all, or nothing.
Then the copy is read again and compared with what was read from the source, by a SHA-256 digest.

Example:
  personguide copy people.db postgres://people@db.example.com/people`,
    )
    .action(copy);
}

async function copy(fromUrl: string, toUrl: string): Promise<void> {
  const from = await openStore(fromUrl, { mustExist: true });
  try {
    const to = await openStore(toUrl);
    try {
      process.stdout.write(await copyBetween(from, to));
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Copies with progress on a terminal; Ctrl+C cancels. Resolves with what to print. */
async function copyBetween(from: Store, to: Store): Promise<string> {
  const aborter = new AbortController();
  let step: CopyStep = 'copied';
  const interrupt = (): void => {
    const done = step === 'copied' ? 'nothing was copied' : 'the copy is complete but not checked';
    aborter.abort(new CliError(exitCode.interrupted, `interrupted; ${done}`));
  };
  const draw = startDrawing();
  process.once('SIGINT', interrupt);
  try {
    const { digest, ...counts } = await copyStore(from, to, {
      signal: aborter.signal,
      onProgress: (current, progress) => {
        step = current;
        draw(current, progress);
      },
    });
    return `copied and checked ${textOf(counts)}; SHA-256 ${digest}\n`;
  } finally {
    process.off('SIGINT', interrupt);
    draw.end();
  }
}

/** Shows progress on standard error, if that is a terminal. */
function startDrawing(): ((step: CopyStep, counts: CopyCounts) => void) & { end(): void } {
  const startedMs = performance.now();
  let nextMs = process.stderr.isTTY ? startedMs + REDRAW_MS : Infinity;
  let drawn = false;
  const draw = (step: CopyStep, counts: CopyCounts): void => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + REDRAW_MS;
    drawn = true;
    const perSecond = Math.round((1000 * (counts.people + counts.users)) / (nowMs - startedMs));
    const rate = `${perSecond.toLocaleString('en')} a second`;
    process.stderr.write(`\r\u001b[K${step} ${textOf(counts)}, ${rate}`);
  };
  const end = (): void => {
    if (drawn) process.stderr.write('\r\u001b[K');
  };
  return Object.assign(draw, { end });
}

function textOf({ people, users, results }: CopyCounts): string {
  const peopleText = counted(people, 'person', 'people');
  return `${peopleText}, ${counted(users, 'user')} and ${counted(results, 'result')}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
