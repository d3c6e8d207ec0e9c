/** Captured where a call is made: its `stack` begins at the code that made the call. */
export interface Caller {
  readonly stack?: string;
}

/** Makes the stack of an error begin at the code that made the call. Returns the error. */
export function withStackOf<E>(caller: Caller, error: E): E {
  if (!(error instanceof Error)) return error;
  const frames = caller.stack?.slice(caller.stack.indexOf('\n')) ?? '';
  error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}
