import type { Directory } from '../../src/index.js';

/** What the callers have seen in one phase of a run. */
export interface PhaseStatistics {
  readonly name: string;
  reads: number;
  writes: number;
  failedReads: number;
  failedWrites: number;
  /** The longest time without a successful read or write, in milliseconds. */
  longestReadGapMs: number;
  longestWriteGapMs: number;
}

/** Callers that read and write until they are stopped. */
export interface Load {
  /** Starts a phase with statistics of its own. */
  startPhase(name: string): void;
  /** Stops the callers; resolves when their last calls have ended. */
  stop(): Promise<LoadResult>;
}

/** What a load has done. */
export interface LoadResult {
  readonly phases: readonly PhaseStatistics[];
  /** The names of all writes that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** The messages of the errors that reached a caller, after all retries. */
  readonly errors: readonly string[];
}

const READERS = 6;
const WRITERS = 6;

/** The people of one name that each RecordPersons has. */
export const PEOPLE_PER_WRITE = 3;

/** Starts callers that share the connections of a client. */
export function startLoad(directory: Directory): Load {
  const phases: PhaseStatistics[] = [];
  const acknowledged = new Set<string>();
  const errors: string[] = [];
  let running = true;
  let lastReadMs = performance.now();
  let lastWriteMs = lastReadMs;

  const phase = (): PhaseStatistics => phases.at(-1) ?? startPhase('start');

  function startPhase(name: string): PhaseStatistics {
    const statistics = {
      ...{ name, reads: 0, writes: 0, failedReads: 0, failedWrites: 0 },
      ...{ longestReadGapMs: 0, longestWriteGapMs: 0 },
    };
    phases.push(statistics);
    return statistics;
  }

  async function read(worker: number): Promise<void> {
    while (running) {
      try {
        if (worker === 0) await directory.users.getUser({ verified: true });
        else await directory.people.getPhone({ id: 1 });
        phase().reads += 1;
        const nowMs = performance.now();
        phase().longestReadGapMs = Math.max(phase().longestReadGapMs, nowMs - lastReadMs);
        lastReadMs = nowMs;
      } catch (error) {
        phase().failedReads += 1;
        errors.push(`read: ${String(error)}`);
      }
    }
  }

  async function write(worker: number): Promise<void> {
    for (let turn = 0; running; turn += 1) {
      const name = `w${worker}-${turn}`;
      try {
        await (turn % 2 === 0 ? addUser(name) : recordPeople(name));
        acknowledged.add(name);
        phase().writes += 1;
        const nowMs = performance.now();
        phase().longestWriteGapMs = Math.max(phase().longestWriteGapMs, nowMs - lastWriteMs);
        lastWriteMs = nowMs;
      } catch (error) {
        phase().failedWrites += 1;
        errors.push(`write: ${String(error)}`);
      }
    }
  }

  async function addUser(name: string): Promise<void> {
    await directory.users.addUser({ firstName: name });
  }

  async function recordPeople(name: string): Promise<void> {
    const people = Array.from({ length: PEOPLE_PER_WRITE }, () => ({ name }));
    await directory.people.recordPersons(people);
  }

  startPhase('start');
  const workers = [
    ...Array.from({ length: READERS }, (_, index) => read(index)),
    ...Array.from({ length: WRITERS }, (_, index) => write(index)),
  ];
  return {
    startPhase,
    stop: async () => {
      running = false;
      await Promise.all(workers);
      return { phases, acknowledged, errors };
    },
  };
}
