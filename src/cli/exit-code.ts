/** The exit codes of all commands, in the order in which `--help` lists them. */
export const exitCode = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  invalid: 4,
  conflict: 5,
  unavailable: 6,
  deadlineExceeded: 7,
  exhausted: 8,
  denied: 9,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const meanings: Record<keyof typeof exitCode, string> = {
  ok: 'success',
  unexpected: 'unexpected or internal error',
  usage: 'invalid command line or invalid file',
  notFound: 'not found',
  invalid: 'the server rejected the input; the message names the fields',
  conflict: 'it already exists, or its current state does not allow the call',
  unavailable: 'the server cannot be reached or does not accept calls',
  deadlineExceeded: 'no response within --timeout',
  exhausted: 'a limit of the server was exceeded',
  denied: 'the token is missing, or does not allow the call',
  interrupted: 'interrupted with Ctrl+C',
};

const byStatus: Record<string, ExitCode> = {
  NOT_FOUND: exitCode.notFound,
  INVALID_ARGUMENT: exitCode.invalid,
  OUT_OF_RANGE: exitCode.invalid,
  ALREADY_EXISTS: exitCode.conflict,
  FAILED_PRECONDITION: exitCode.conflict,
  ABORTED: exitCode.conflict,
  UNAVAILABLE: exitCode.unavailable,
  DEADLINE_EXCEEDED: exitCode.deadlineExceeded,
  RESOURCE_EXHAUSTED: exitCode.exhausted,
  UNAUTHENTICATED: exitCode.denied,
  PERMISSION_DENIED: exitCode.denied,
};

/** The exit code for a call that ended with that gRPC status, such as `NOT_FOUND`. */
export function exitCodeOfStatus(codeName: string): ExitCode {
  return byStatus[codeName] ?? exitCode.unexpected;
}

/** The part of `--help` that lists the exit codes. */
export function exitCodeHelp(): string {
  const lines = Object.entries(exitCode).map(
    ([key, code]) => `  ${String(code).padEnd(5)}${meanings[key as keyof typeof exitCode]}`,
  );
  return ['Exit codes:', ...lines].join('\n');
}
