import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of one test. */
export interface Folder extends Disposable {
  readonly path: string;
  /** The path of a file in it. */
  file(name: string): string;
}

/** Makes an empty folder outside the repository; the end of the scope removes it. */
export function temporaryFolder(parent = tmpdir()): Folder {
  // Where the temporary folder is a link, programs print what it links to.
  const path = realpathSync(mkdtempSync(join(parent, 'personguide-test-')));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
