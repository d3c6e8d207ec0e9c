/** Captured where a call is made: its `stack` begins at the code that made the call. */
export interface Caller {
  readonly stack?: string;
}

/** The limit of Node, unless the program has set another one. */
const DEFAULT_LIMIT = 10;

/** How many frames are captured in place of the limit of Node: they take half as long as ten. */
const FRAMES = 5;

/**
 * Captures who called a function; frames above it are left out. Only a call that fails needs them,
 * but then it is too late to capture any. A program that sets `Error.stackTraceLimit` gets as many
 * frames as it asks for.
 */
export function captureCaller(called: (...args: never[]) => unknown): Caller {
  const caller = {};
  const limit = Error.stackTraceLimit;
  if (limit === DEFAULT_LIMIT) Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(caller, called);
  if (limit === DEFAULT_LIMIT) Error.stackTraceLimit = limit;
  return caller;
}

/** Makes the stack of an error begin at the code that made the call. Returns the error. */
export function withStackOf<E>(caller: Caller, error: E): E {
  if (!(error instanceof Error)) return error;
  const frames = caller.stack?.slice(caller.stack.indexOf('\n')) ?? '';
  error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}
