/** Writes a line on standard error about something that does not stop the command. */
export function warn(text: string): void {
  process.stderr.write(`personguide: warning: ${text}\n`);
}
