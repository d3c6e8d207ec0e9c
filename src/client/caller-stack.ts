/** Taken where a call was made: its `stack` begins at the code that made it. */
export interface Caller {
  readonly stack?: string;
}

/** Has the stack of an error begin at the code that made the call, and returns the error. */
export function withStackOf<E>(caller: Caller, error: E): E {
  if (!(error instanceof Error)) return error;
  const frames = caller.stack?.slice(caller.stack.indexOf('\n')) ?? '';
  error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}
