/** The longest delay of a timer in milliseconds. A longer one would fire immediately. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** Starts a timer; undefined for a delay that is longer than a timer can be, and never ends. */
export function startTimer(delayMs: number, then: () => void): NodeJS.Timeout | undefined {
  return delayMs <= LONGEST_TIMER_MS ? setTimeout(then, delayMs) : undefined;
}
