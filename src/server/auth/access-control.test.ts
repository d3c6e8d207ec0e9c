import type { Call, Principal } from '../../rpc/index.js';
import { accessControl } from './access-control.js';
import type { Authenticator } from './authenticator.js';
import { memoryLog } from './calls.test.support.js';
import { LimitedCallers } from './caller-limits.js';
import { methodRules } from './method-rules.js';
import { InvalidCredential } from './refusals.js';
import { createHealth, healthService } from '../health.js';
import type { Log } from '../log.js';
import { reflectionServices } from '../reflection.js';

const HEALTH = '/grpc.health.v1.Health/Check';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

const NO_LIMITS = { readsPerSecond: Infinity, writesPerSecond: Infinity, openStreams: Infinity };

const rules = methodRules(
  [healthService(createHealth([])), ...reflectionServices(() => new Uint8Array(), [])],
  {},
);

function principal(...scopes: string[]): Principal {
  return { kind: 'jwt', subject: 'a', name: 'a', scopes: new Set(scopes) };
}

/** What of a call the middleware looks at. */
function callOf(method: string, peer: string): Call {
  const call = {
    ...{ method, peer, requestId: 'r', principal: undefined, onEnd: () => undefined },
    cancellation: { aborted: false },
  };
  return call as unknown as Call;
}

function authenticatorOf(authenticate: Authenticator['authenticate']): Authenticator {
  return { authenticate, checkAgain: authenticate };
}

/** Whether the call passes; otherwise, rejects with the refusal. */
async function pass(
  call: Call,
  authenticate: Authenticator['authenticate'],
  log: Log = memoryLog().log,
): Promise<boolean> {
  const callers = new LimitedCallers(NO_LIMITS);
  const middleware = accessControl({
    rules,
    authenticator: authenticatorOf(authenticate),
    callers,
    log,
  });
  const next = jest.fn();
  await middleware(call, next);
  return next.mock.calls.length === 1;
}

const nobody = (): never => {
  throw new InvalidCredential('no token');
};

describe('reflection', () => {
  it.each(['127.0.0.1:9', '::1:9', '::ffff:127.0.0.1:9'])(
    'needs no credentials on this machine, %s',
    async (peer) => {
      expect(await pass(callOf(REFLECTION, peer), nobody)).toBe(true);
    },
  );

  it.each(['10.0.0.7:9', '2001:db8::1:9', '::ffff:10.0.0.7:9', 'unknown:0'])(
    'needs a scope on another machine, %s',
    async (peer) => {
      await expect(pass(callOf(REFLECTION, peer), nobody)).rejects.toMatchObject({
        reason: 'unauthenticated',
        message: 'this call needs credentials with a scope',
      });
      const known = callOf(REFLECTION, peer);
      await expect(pass(known, () => principal())).rejects.toMatchObject({
        reason: 'permission-denied',
        message: 'this call needs a scope',
      });
      expect(await pass(known, () => principal('people:read'))).toBe(true);
    },
  );
});

it('lets everyone ask for the health', async () => {
  expect(await pass(callOf(HEALTH, '10.0.0.7:9'), nobody)).toBe(true);
});

it('does not let a call pass, and keeps the error to the log, when the check fails', async () => {
  const cause = new Error('connect ECONNREFUSED 10.1.2.3');
  const fails: Authenticator['authenticate'][] = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
  ];
  for (const authenticate of fails) {
    const { log, lines } = memoryLog();
    const refused = pass(callOf(REFLECTION, '10.0.0.7:9'), authenticate, log);
    await expect(refused).rejects.toMatchObject({
      reason: 'unavailable',
      message: 'the credentials cannot be checked now',
      retryDelayMs: 1000,
    });
    expect(lines).toMatchObject([
      { msg: 'credentials could not be checked', requestId: 'r', err: { message: cause.message } },
    ]);
  }
});

it('does not count a caller who has gone while the credentials were checked', async () => {
  const call = callOf(REFLECTION, '10.0.0.7:9');
  const passing = pass(call, async () => {
    Object.assign(call.cancellation, { aborted: true });
    return principal('a');
  });
  expect(await passing).toBe(false);
  expect(call.principal).toBeUndefined();
});

it('reports what is wrong with credentials, and nothing of them, once a second', async () => {
  const { log, lines } = memoryLog();
  const callers = new LimitedCallers(NO_LIMITS);
  const middleware = accessControl({
    rules,
    authenticator: authenticatorOf(nobody),
    callers,
    log,
  });
  for (let count = 0; count < 3; count += 1) {
    expect(() => middleware(callOf(REFLECTION, '10.0.0.7:9'), jest.fn())).toThrow();
  }
  expect(lines).toMatchObject([
    { msg: 'credentials refused', peer: '10.0.0.7:9', requestId: 'r', reason: 'no token' },
  ]);
});
