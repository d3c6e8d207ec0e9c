import type { RpcError } from '../index.js';

/** All messages of a stream. */
export async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const message of messages) list.push(message);
  return list;
}

/** The reason that a promise rejects with; fails the test if it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise did not reject');
}

/** What a function throws; fails the test if it returns. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('the function did not throw');
}

/** What a test looks at in the RpcError of a failed call. */
export interface Failure extends Pick<RpcError, 'codeName' | 'reason' | 'details'> {
  /** The field names of its violations. */
  readonly fields: string[];
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<Failure> {
  const { codeName, reason, details, violations } = (await rejectionOf(call)) as RpcError;
  return { codeName, reason, details, fields: violations.map(({ field }) => field) };
}
