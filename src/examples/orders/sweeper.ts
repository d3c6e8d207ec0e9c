/** A task that is done again and again. */
export interface Sweeper {
  /** Begins no further round, and resolves once the last one is over. */
  stop(): Promise<void>;
}

/** Sweeps at once, and then again and again with that pause between two rounds. */
export function startSweeper(sweep: () => Promise<void>, pauseMs: number): Sweeper {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = once();

  async function once(): Promise<void> {
    await sweep();
    if (stopped) return;
    timer = setTimeout(() => {
      round = once();
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
