/** A task that runs periodically. */
export interface Sweeper {
  /** Starts no further round, and resolves once the current one has ended. */
  stop(): Promise<void>;
}

/** Runs `sweep` immediately, and again `pauseMs` after the end of each round. */
export function startSweeper(sweep: () => Promise<void>, pauseMs: number): Sweeper {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = runRound();

  async function runRound(): Promise<void> {
    await sweep();
    if (stopped) return;
    timer = setTimeout(() => {
      round = runRound();
    }, pauseMs);
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
