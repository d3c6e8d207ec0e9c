import { existsSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import {
  AdminServiceDefinition,
  type BackupResponse,
} from '../../gen/personguide/admin/v1/admin.js';
import { checkBackup, flush } from '../store/backup-file.js';
import { contentText, sizeText } from './backup-size.js';
import { CliError } from './cli-error.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { exitCode } from './exit-code.js';
import { transferStream } from './progress.js';
import { withSession, type Session } from './session.js';

interface BackupOptions extends ClientOptions {
  readonly force?: true;
}

/** How often the progress is drawn, in milliseconds. */
const REDRAW_MS = 200;

/** `personguide backup`: copies the store of a running server to a file. */
export function backupCommand(): Command {
  return clientCommand('backup', {
    summary: 'copy the store of a running server to a file',
    description:
      'copy the store of a running server to a file. The server goes on working. It must be on ' +
      'this machine, unless it has access control and the token has the scope admin. ' +
      'The file is checked before it gets its name; restore it with `personguide restore`.',
    examples: ['personguide backup people-2026-01-31.db'],
    options: [new Option('--force', 'replace FILE if it exists')],
  })
    .argument('<FILE>', 'where to write the backup')
    .action((file: string, options: BackupOptions) =>
      withSession(options, (session) => makeBackup(file, options.force === true, session)),
    );
}

async function makeBackup(file: string, force: boolean, session: Session): Promise<void> {
  if (!force && existsSync(file)) {
    throw new CliError(exitCode.conflict, `${file} exists; name another file, or add --force`);
  }
  const part = `${file}.part`;
  try {
    await receive(part, session);
    const content = await checkBackup(part);
    await rename(part, file);
    await flush(dirname(resolve(file)));
    await session.print({ file, ...content }, `${file}: ${contentText(content)}; checked`);
  } finally {
    await rm(part, { force: true });
  }
}

/** Writes the backup to a file that only its owner can read: it has all names and numbers. */
async function receive(part: string, { directory, call }: Session): Promise<void> {
  const responses = directory
    .client(AdminServiceDefinition)
    .backup({}, { timeoutMs: Infinity, ...call });
  const draw = startDrawing();
  let file: FileHandle | undefined;
  try {
    for await (const response of responses) {
      // Not before: a server that cannot be reached, or refuses, leaves no file.
      file ??= await createFile(part);
      await file.writeFile(response.data).catch(cannotWrite(part));
      draw(response);
    }
    await file?.sync().catch(cannotWrite(part));
  } finally {
    draw.end();
    await file?.close();
  }
}

async function createFile(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', 0o600).catch(cannotWrite(path));
}

function cannotWrite(path: string): (error: unknown) => never {
  return (error) => {
    const text = `cannot write ${path}: ${(error as Error).message}`;
    throw new CliError(exitCode.unexpected, text, { cause: error });
  };
}

/** Shows progress on standard error, if that is a terminal and standard output is not. */
function startDrawing(): ((response: BackupResponse) => void) & { end(): void } {
  const stream = transferStream();
  const startedMs = performance.now();
  let nextMs = stream.isTTY === true ? startedMs + REDRAW_MS : Infinity;
  let drawn = false;
  const draw = ({ sentBytes, totalBytes }: BackupResponse): void => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + REDRAW_MS;
    drawn = true;
    const [sent, total] = [sentBytes.toNumber(), totalBytes.toNumber()];
    const leftSeconds = Math.ceil(((nowMs - startedMs) * (total / sent - 1)) / 1000);
    const rate = sizeText((1000 * sent) / (nowMs - startedMs));
    const percent = Math.floor((100 * sent) / total);
    stream.write(
      `\r\u001b[K${sizeText(sent)} of ${sizeText(total)}, ${percent} %, ${rate}/s, ${leftSeconds} s left`,
    );
  };
  const end = (): void => {
    if (drawn) stream.write('\r\u001b[K');
  };
  return Object.assign(draw, { end });
}
