import type { Folder } from '../../src/test-support/temporary-folder.js';
import type { Target } from './target.js';

/** One attack and what the server must keep meanwhile. */
export interface Trial {
  readonly name: string;
  /**
   * Attacks. Rejects if the server does not conduct itself as it should. If the result is a text, it
   * is printed with the figures; if it is a Disposable or a list of them, such as connections, it is
   * disposed of after the figures are taken.
   */
  readonly run: (target: Target) => Promise<unknown>;
  /** Starts what is attacked. Default: the directory, with the next two. */
  readonly start?: (folder: Folder) => Promise<Target>;
  /** Flags of `serve`. */
  readonly args?: readonly string[];
  /** People in the store; each has an email. Default: those of the demo. */
  readonly people?: number;
  /** What legal work needs besides the memory that an attack may take, in MiB. Default: 0. */
  readonly workMiB?: number;
  /** What 99 % of the calls of another client may take meanwhile, in milliseconds. Default: 50. */
  readonly othersMs?: number;
  /** How long the attack may take, in milliseconds. Default: 120,000. */
  readonly limitMs?: number;
  /** The exit code after SIGTERM, or by itself. Default: 0. */
  readonly exitCode?: number;
  /** Whether the same is done to a plain server on grpc-js. */
  readonly plain?: boolean;
  /** Whether it is part of the short form. */
  readonly short?: boolean;
}

/** Trials that are printed under one heading. */
export interface TrialGroup {
  readonly title: string;
  readonly trials: readonly Trial[];
  /** One server for all trials; for those that leave nothing behind. */
  readonly shared?: boolean;
}
