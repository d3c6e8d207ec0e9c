/** The exit codes of every command, in the order in which `--help` shows them. */
export const exitCode = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
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
  ok: 'done',
  unexpected: 'an unexpected or internal error',
  usage: 'a bad command line or a bad file',
  notFound: 'nobody, or nothing, of that key',
  refused: 'the server refused the input; its fields are named',
  conflict: 'it already exists, or the server is not in the state for it',
  unavailable: 'no server, or one that takes no calls',
  deadlineExceeded: 'no answer within --timeout',
  exhausted: 'over a limit of the server',
  denied: 'the token is missing or does not suffice',
  interrupted: 'interrupted by Ctrl-C',
};

const byStatus: Record<string, ExitCode> = {
  NOT_FOUND: exitCode.notFound,
  INVALID_ARGUMENT: exitCode.refused,
  OUT_OF_RANGE: exitCode.refused,
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
