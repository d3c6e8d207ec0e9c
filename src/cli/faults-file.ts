import { statSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Frame } from '../formats/entry.js';
import { usageError } from './file-source.js';

/** A file with the people who were not imported, in the format that they came in. */
export class FaultsFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #frame: () => Frame;
  #count = 0;

  constructor(path: string, file: FileHandle, frame: () => Frame) {
    this.#path = path;
    this.#file = file;
    this.#frame = frame;
  }

  /**
   * Creates the file, or empties it. Rejects with a usage error if it cannot be written, or is the
   * file that is imported.
   */
  static async create(path: string, imported: string, frame: () => Frame): Promise<FaultsFile> {
    if (isSameFile(path, imported)) {
      throw usageError(`--faults ${path} is the file to import; name another one`);
    }
    try {
      return new FaultsFile(path, await open(path, 'w'), frame);
    } catch (error) {
      throw usageError(`cannot write ${path}: ${(error as Error).message}`, error);
    }
  }

  /** Adds the texts of people. */
  async add(sources: readonly string[]): Promise<void> {
    if (sources.length === 0) return;
    const { head, separator } = this.#frame();
    const before = this.#count === 0 ? head : separator;
    this.#count += sources.length;
    await this.#file.appendFile(before + sources.join(separator));
  }

  /** Completes the file; removes it if no one is in it. */
  async close(): Promise<void> {
    const { end, tail } = this.#frame();
    if (this.#count > 0) await this.#file.appendFile(end + tail);
    await this.#file.close();
    if (this.#count === 0) await rm(this.#path, { force: true });
  }
}

function isSameFile(path: string, other: string): boolean {
  const a = statSync(path, { throwIfNoEntry: false });
  const b = statSync(other, { throwIfNoEntry: false });
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino;
}
