import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** How often the files are read. Polling also works on mounts that report no changes. */
const INTERVAL_MS = 1000;

type Content = Buffer | string;

/**
 * Calls back when the content of one of the files has changed since this call and has then stayed
 * the same for a second: a certificate and its key are rarely replaced in one step. A file that
 * cannot be read counts as a change. The returned function ends this. Does not keep the process
 * running.
 */
export function watchFiles(files: readonly string[], onChange: () => void): () => void {
  let reported = digestOf(files.map(contentNow));
  let previous = reported;
  let stopped = false;

  async function look(): Promise<void> {
    const digest = digestOf(await Promise.all(files.map(contentOf)));
    if (stopped) return;
    if (digest !== reported && digest === previous) {
      reported = digest;
      onChange();
    }
    previous = digest;
    timer.refresh();
  }

  const timer = setTimeout(() => void look(), INTERVAL_MS).unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function contentNow(file: string): Content {
  try {
    return readFileSync(file);
  } catch (error) {
    return codeOf(error);
  }
}

function contentOf(file: string): Promise<Content> {
  return readFile(file).catch(codeOf);
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}

/** The contents are secret, and need not be kept. */
function digestOf(contents: readonly Content[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length} `).update(content);
  return hash.digest('hex');
}
