import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What another client has seen since the last look. */
export interface Seen {
  /** Calls that were answered, or still wait. */
  readonly calls: number;
  /** Calls that ended without a response. */
  readonly refused: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A client in a process of its own, so that the attack's own work does not slow it down. */
export interface OtherClient extends AsyncDisposable {
  /** Resolves with what it has seen since the last call of look(). */
  look(): Promise<Seen>;
}

export function startOtherClient(address: string): OtherClient {
  const child = fork(join(__dirname, 'bystander.js'), [address]);
  return {
    async look() {
      child.send('look');
      const [seen] = (await once(child, 'message')) as [Seen];
      return seen;
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
