import type { Log } from './log.js';

/** The first release of each line that closes connections whose client has broken HTTP/2. */
const FIXED: Readonly<Record<number, number>> = { 22: 23, 24: 17 };
const FIRST_FIXED_MAJOR = 25;

/**
 * Warns of versions of Node that keep a connection, and its file descriptor, after its client has
 * broken the rules of HTTP/2. This server closes such connections itself, within two seconds; a
 * stranger can hold a few thousand descriptors that way meanwhile.
 */
export function warnOfNode(version: string, log: Pick<Log, 'warn'>): void {
  if (closesBrokenConnections(version)) return;
  log.warn(
    { node: version },
    'this version of Node keeps connections that break HTTP/2 open for up to two seconds; ' +
      'Node 22.23, 24.17 or newer closes them immediately',
  );
}

function closesBrokenConnections(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fixedMinor = FIXED[major];
  return fixedMinor === undefined ? major >= FIRST_FIXED_MAJOR : minor >= fixedMinor;
}
