import type { Trial } from './trial.js';

/** A request that must end with one of these statuses. */
interface Judged {
  readonly expected: readonly string[];
}

/** A trial for each request; the next one shows that the server goes on. */
export function statusTrials<Request extends Judged>(
  requests: Readonly<Record<string, Request>>,
  statusOf: (address: string, request: Request) => Promise<string>,
): Trial[] {
  return Object.entries(requests).map(([name, request]) => ({
    name,
    short: true,
    run: async ({ address }) => {
      const status = await statusOf(address, request);
      if (!request.expected.includes(status)) {
        throw new Error(`ended with ${status}, not with ${request.expected.join(' or ')}`);
      }
      return `status ${status}`;
    },
  }));
}
