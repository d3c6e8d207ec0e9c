/** Options of which the value must not be shown. */
const SECRET = '--token';

/** The command line that goes on with an import: the same one, with the id of the import. */
export function resumeCommand(args: readonly string[], importId: string): string {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--import-id' || arg === SECRET) index += 1;
    else if (!arg.startsWith('--import-id=') && !arg.startsWith(`${SECRET}=`)) kept.push(arg);
  }
  return ['personguide', ...kept, '--import-id', importId].map(quoted).join(' ');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
