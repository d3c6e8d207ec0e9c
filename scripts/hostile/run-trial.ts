import { setTimeout as wait } from 'node:timers/promises';
import { temporaryFolder, type Folder } from '../../src/test-support/temporary-folder.js';
import { startOtherClient, type Seen } from './other-client.js';
import { residentBytes } from '../../src/test-support/resident-bytes.js';
import { openFiles, peakMiB, resetPeak } from './process-figures.js';
import { responds, startPlainTarget, startTarget, type Target } from './target.js';
import type { Trial, TrialGroup } from './trial.js';

/** How a trial went. */
export interface Outcome {
  readonly name: string;
  /** What is wrong; empty if the trial is passed. */
  readonly problems: readonly string[];
  /** What was measured, for the line of the trial. */
  readonly figures: string;
}

const OTHERS_MS = 50;
const ATTACK_LIMIT_MS = 120_000;
const PLAIN_LIMIT_MS = 20_000;
/** When the server must serve new callers again, after the attack. */
const RECOVERY_MS = 2000;
const FILES_BACK_MS = 20_000;
/** Calls that hang keep the server for its grace period, which is 10 s. */
const EXIT_MS = 5000;
/** The other client calls that long before the attack, so that the server's code is compiled. */
const WARM_UP_MS = 1000;
/** And that long after it: what the attack has left to do is part of it. */
const AFTER_MS = 500;

/** How the trials of a run are judged. */
export interface Judging {
  /** What others may wait, as a multiple of what they should. */
  readonly patience: number;
  /** Whether a plain server is attacked, too. */
  readonly plain: boolean;
}

/** Runs the trials of a group one after the other. */
export async function* runGroup(
  group: TrialGroup,
  judging: Judging,
): AsyncGenerator<Outcome, void> {
  using folder = temporaryFolder();
  if (group.shared === true) {
    yield* runOnOneServer(folder, group.trials);
    return;
  }
  for (const trial of group.trials) yield await runTrial(folder, trial, judging);
}

/** For trials that must leave nothing behind: each is followed by a call of a new client. */
async function* runOnOneServer(
  folder: Folder,
  trials: readonly Trial[],
): AsyncGenerator<Outcome, void> {
  const [first] = trials;
  await using target = await (first?.start?.(folder) ?? startTarget(folder, first ?? {}));
  for (const trial of trials) {
    const problems: string[] = [];
    let note = '';
    try {
      const attack = await within(ATTACK_LIMIT_MS, trial.run(target));
      if (typeof attack === 'string') note = attack;
      end(attack);
    } catch (error) {
      problems.push(messageOf(error));
    }
    problems.push(...(await aliveProblems(target)));
    yield { name: trial.name, problems, figures: note };
  }
  const problems = await exitProblems(target);
  yield { name: 'the server exits after all of these', problems, figures: '' };
}

async function runTrial(
  folder: Folder,
  trial: Trial,
  { patience, plain }: Judging,
): Promise<Outcome> {
  const problems: string[] = [];
  await using target = await (trial.start?.(folder) ?? startTarget(folder, trial));
  const { figures, seen, peak, idle, attack } = await attackAndMeasure(target, trial, problems);
  const files = openFilesOf(target);
  end(attack);
  const othersMs = (trial.othersMs ?? OTHERS_MS) * patience;
  if (seen.p99Ms > othersMs) problems.push(`others waited longer than ${othersMs} ms`);
  const maxMiB = 2 * idle + 64 + (trial.workMiB ?? 0);
  if (peak > maxMiB) problems.push(`memory above ${Math.round(maxMiB)} MiB`);
  const ends = trial.exitCode !== undefined;
  if (!ends) problems.push(...(await aliveProblems(target)));
  problems.push(...(await filesProblems(target, files)));
  problems.push(...(await exitProblems(target, trial.exitCode)));
  const beside =
    plain && trial.plain === true ? ` | plain: ${await attackPlain(folder, trial)}` : '';
  return { name: trial.name, problems, figures: figures + beside };
}

interface Measured {
  readonly figures: string;
  readonly seen: Seen;
  readonly idle: number;
  readonly peak: number;
  readonly attack: unknown;
}

async function attackAndMeasure(
  target: Target,
  trial: Trial,
  problems: string[],
  limitMs = trial.limitMs ?? ATTACK_LIMIT_MS,
): Promise<Measured> {
  await using others = startOtherClient(target.address);
  await wait(WARM_UP_MS);
  await others.look();
  const idle = residentBytes(target.pid) / 1024 ** 2;
  resetPeak(target.pid);
  let attack: unknown;
  let note = '';
  try {
    attack = await within(limitMs, trial.run(target));
    if (typeof attack === 'string') note = `, ${attack}`;
  } catch (error) {
    problems.push(messageOf(error));
  }
  await wait(AFTER_MS);
  const seen = await others.look();
  const peak = target.exitCode() === undefined ? peakMiB(target.pid) : NaN;
  const refused = seen.refused === 0 ? '' : `, ${seen.refused} of ${seen.calls} refused`;
  const waited = `others ${seen.p99Ms.toFixed(0)} ms${refused}`;
  const figures = `${idle.toFixed(0)} -> ${peak.toFixed(0)} MiB, ${waited}${note}`;
  return { figures, seen, idle, peak, attack };
}

/** The figures of a plain server in the same trial, or how it failed. */
async function attackPlain(folder: Folder, trial: Trial): Promise<string> {
  const problems: string[] = [];
  await using target = await startPlainTarget(folder);
  const { figures, attack } = await attackAndMeasure(target, trial, problems, PLAIN_LIMIT_MS);
  end(attack);
  if (target.exitCode() !== undefined) return 'the process ended';
  return figures;
}

function openFilesOf(target: Target): number {
  return target.exitCode() === undefined ? openFiles(target.pid) : 0;
}

async function aliveProblems(target: Target): Promise<string[]> {
  if (target.exitCode() !== undefined) return [`the process ended: ${target.log().slice(-300)}`];
  if (await responds(target.address, RECOVERY_MS)) return [];
  return [`no response to a new client within ${RECOVERY_MS} ms`];
}

/** The connections of the attack are closed; their descriptors must be given back. */
async function filesProblems(target: Target, before: number): Promise<string[]> {
  if (target.exitCode() !== undefined) return [];
  const allowed = Math.min(before, 40);
  const endMs = Date.now() + FILES_BACK_MS;
  while (Date.now() < endMs) {
    if (openFiles(target.pid) <= allowed) return [];
    await wait(50);
  }
  return [`${openFilesOf(target)} files are still open`];
}

async function exitProblems(target: Target, wanted = 0): Promise<string[]> {
  const code = target.exitCode() ?? (await target.stop(EXIT_MS));
  if (code === wanted) return [];
  return [`exit code ${code ?? 'none'} instead of ${wanted}, ${EXIT_MS} ms after SIGTERM`];
}

function end(attack: unknown): void {
  for (const each of Array.isArray(attack) ? attack : [attack]) {
    (each as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = wait(ms, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`the attack did not end within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
